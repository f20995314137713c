import { type JsonObject, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { AppPolicy } from "../application/application.ts";
import { mergePolicies, ruleFor, rulesOf, selectsObject } from "./selector.ts";

export type GarbageStrategy = "onAppUpdate" | "onAppDelete" | "never";

/** What the policies of an Application say of its objects (engine 4.1–4.6). */
export interface ResourcePolicies {
  readonly applicationRevisionLimit: number | undefined;
  readonly keepLegacyResource: boolean;
  readonly continueOnFailure: boolean;
  readonly deletionOrder: "dependency" | undefined;
  /** Drift of any object is left alone, and trackers keep no manifests. */
  readonly applyOnce: boolean;
  garbageStrategy(object: KubeObject): GarbageStrategy;
  orphaned(object: KubeObject): boolean;
  /** A rule says in so many words that what depends on the object goes, too. */
  cascades(object: KubeObject): boolean;
  applyOnceRule(object: KubeObject, stage: "onUpdate" | "onStateKeep"): readonly string[] | undefined;
  isShared(object: KubeObject): boolean;
  mayTakeOver(object: KubeObject): boolean;
  isReadOnly(object: KubeObject): boolean;
  updateStrategy(
    object: KubeObject,
  ): { readonly op: "patch" | "replace"; readonly recreateFields: readonly string[] } | undefined;
}

export function resourcePoliciesOf(policies: readonly AppPolicy[]): ResourcePolicies {
  const garbage = mergePolicies(policies, "garbage-collect");
  const once = mergePolicies(policies, "apply-once");
  const shared = mergePolicies(policies, "shared-resource");
  const takeOver = mergePolicies(policies, "take-over");
  const readOnly = mergePolicies(policies, "read-only");
  const update = mergePolicies(policies, "resource-update");
  return {
    applicationRevisionLimit:
      typeof garbage?.applicationRevisionLimit === "number" ? garbage.applicationRevisionLimit : undefined,
    keepLegacyResource: garbage?.keepLegacyResource === true,
    continueOnFailure: garbage?.continueOnFailure === true,
    deletionOrder: garbage?.order === "dependency" ? "dependency" : undefined,
    applyOnce: once?.enable === true && rulesOf(once).length === 0,
    garbageStrategy: (object) => garbageStrategy(garbage, object) ?? "onAppUpdate",
    orphaned: (object) => propagation(garbage, object) === "orphan",
    cascades: (object) => propagation(garbage, object) === "cascading",
    applyOnceRule: (object, stage) => (once?.enable === true ? applyOncePaths(once, object, stage) : undefined),
    isShared: (object) => ruleFor(shared, object) !== undefined,
    mayTakeOver: (object) => ruleFor(takeOver, object) !== undefined,
    isReadOnly: (object) => ruleFor(readOnly, object) !== undefined,
    updateStrategy: (object) => updateStrategy(update, object),
  };
}

export function garbageStrategy(spec: JsonObject | undefined, object: KubeObject): GarbageStrategy | undefined {
  const strategy = ruleFor(spec, object)?.strategy;
  return strategy === "onAppDelete" || strategy === "never" || strategy === "onAppUpdate" ? strategy : undefined;
}

/** From the first matching rule that sets it, which may be a later one than that of the strategy. */
export function propagation(spec: JsonObject | undefined, object: KubeObject): "orphan" | "cascading" | undefined {
  for (const rule of rulesOf(spec)) {
    if (!selectsObject(rule.selector, object)) continue;
    if (rule.propagation === "orphan" || rule.propagation === "cascading") return rule.propagation;
  }
  return undefined;
}

function applyOncePaths(spec: JsonObject, object: KubeObject, stage: string): readonly string[] | undefined {
  for (const rule of rulesOf(spec)) {
    if (!selectsObject(rule.selector, object) || !isJsonObject(rule.strategy)) continue;
    const { affect, path } = rule.strategy;
    if (affect !== undefined && affect !== "" && affect !== "always" && affect !== stage) return undefined;
    return Array.isArray(path) ? path.filter((item): item is string => typeof item === "string") : [];
  }
  return undefined;
}

function updateStrategy(
  spec: JsonObject | undefined,
  object: KubeObject,
): ReturnType<ResourcePolicies["updateStrategy"]> {
  const strategy = ruleFor(spec, object)?.strategy;
  if (!isJsonObject(strategy)) return undefined;
  const fields = strategy.recreateFields;
  return {
    op: strategy.op === "replace" ? "replace" : "patch",
    recreateFields: Array.isArray(fields) ? fields.filter((item): item is string => typeof item === "string") : [],
  };
}
