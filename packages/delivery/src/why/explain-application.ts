/**
 * Why each leaf of each object that an Application makes is as it is: the line of the definition that wrote it, and the
 * fields of the Application that it depends on. Nothing of it is computed unless somebody asks.
 */
import { type Diagnostic, type JsonObject, type JsonValue, type Pos, isJsonObject, maskSecrets } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type App, appOf } from "../application/application.ts";
import { declarationOf } from "../definition/declaration.ts";
import { type DefinitionSource, templateOf } from "../definition/definition-set.ts";
import { dryRun } from "../dry-run.ts";
import { isSecretProperty } from "../render/covered-message.ts";
import type { RenderStage } from "../render/record.ts";
import { type InfluenceOptions, type MadeObject, influenceOf, leafKey, madeObjects } from "./influence.ts";
import type { Input, InputKind } from "./inputs.ts";
import { type Path, leavesOf } from "./leaves.ts";
import { type Site, SiteFinder, definitionPos } from "./sites.ts";

/** A field that a leaf depends on. */
export interface Reason {
  readonly kind: InputKind;
  /** In the Application; `["context", …]` for what is none of its fields. */
  readonly path: Path;
  readonly isGiven: boolean;
  /** What it says; absent where it is a secret, or says nothing. */
  readonly value?: JsonValue;
  /** `policy deploy-ha (override)`, `trait scaler`: what it is part of. */
  readonly of: string;
  /** Of a parameter that is not given: what its definition says of it, and where. */
  readonly declared?: { readonly type?: string | undefined; readonly pos?: Pos | undefined };
}

export interface ExplainedLeaf {
  readonly path: Path;
  readonly value: JsonValue;
  readonly site: Site;
  readonly reasons: readonly Reason[];
}

export interface ExplainedObject {
  /** The workflow step that delivers it. */
  readonly step: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly component: string;
  readonly object: KubeObject;
  readonly leaves: readonly ExplainedLeaf[];
}

export interface Explanation {
  readonly objects: readonly ExplainedObject[];
  readonly diagnostics: readonly Diagnostic[];
  /** Renderings that were made for it. */
  readonly renderings: number;
}

export interface ExplainOptions extends InfluenceOptions {
  /** Only objects that pass, and of them only leaves that do. */
  readonly wanted?: {
    readonly object?: (object: KubeObject) => boolean;
    readonly leaf?: (path: Path, object: KubeObject) => boolean;
  };
}

export function explainApplication(options: ExplainOptions): Explanation {
  const { application, definitions, wanted } = options;
  const run = dryRun({ ...options, stages: "kept" });
  if (run.diagnostics.some(({ severity }) => severity !== "warning"))
    return { objects: [], diagnostics: run.diagnostics, renderings: 0 };
  const made = madeObjects(run, application).filter(({ object }) => wanted?.object?.(object) !== false);
  const only = new Set(made.map(({ group }) => group.component));
  const influence = made.length === 0 ? undefined : influenceOf({ ...options, only });
  const finder = new SiteFinder();
  const app = appOf(application);
  const objects = made.map((one): ExplainedObject => {
    const { step, cluster, namespace, component } = one.group;
    const covered = maskSecrets(one.object as unknown as JsonValue, {
      maxText: Number.MAX_SAFE_INTEGER,
    }) as unknown as JsonValue;
    const shown = new Map(leavesOf(covered).map(({ path, value }) => [JSON.stringify(path), value]));
    const leaves = leavesOf(one.object as unknown as JsonValue)
      .filter(({ path }) => wanted?.leaf?.(path, one.object) !== false)
      .map(({ path, value }): ExplainedLeaf => {
        const inputs = influence?.byLeaf.get(leafKey(one.key, path)) ?? [];
        const site = siteOfLeaf(finder, one, { path, value });
        const reasons = [...typeReasons(site, one, app), ...inputs.map((input) => reasonOf(input, app, definitions))];
        return { path, value: shown.get(JSON.stringify(path)) ?? value, site, reasons };
      });
    return { step, cluster, namespace, component, object: one.object, leaves };
  });
  return { objects, diagnostics: run.diagnostics, renderings: influence?.renderings ?? 0 };
}

/** The outputs of a rendering in the order in which its objects are listed; undefined is the main object. */
function outputNames({ group }: MadeObject): readonly (string | undefined)[] {
  const last = (group.stages ?? []).findLast((stage) => stage.kind !== "policy");
  const names = last === undefined ? [] : [...last.outputs.keys()];
  return group.objects.length > names.length ? [undefined, ...names] : names;
}

function siteOfLeaf(finder: SiteFinder, made: MadeObject, leaf: { path: Path; value: JsonValue }): Site {
  const { group, index } = made;
  const stages = group.stages ?? [];
  const policies = stages.filter((stage) => stage.kind === "policy");
  if (policies.length === 0) return finder.ofLeaf({ stages, output: outputNames(made)[index] }, leaf.path, leaf.value);
  const owner = policies.flatMap((stage) => policyOutputs(stage).map((root) => ({ stage, root })))[index];
  return finder.ofPolicyLeaf(owner!.stage, owner!.root, leaf);
}

function policyOutputs({ value }: Extract<RenderStage, { kind: "policy" }>): readonly string[] {
  const outputs = value.lookupPath("outputs");
  const further = outputs.exists && outputs.incompleteKind === "struct" ? outputs.fields() : [];
  return ["output", ...further.map(({ selector }) => selector)];
}

/** The field that chose the definition which wrote a leaf. */
function typeReasons({ by }: Site, { group }: MadeObject, app: App): readonly Reason[] {
  const index = app.components.findIndex(({ name }) => name === group.component);
  const component = app.components[index];
  if (component === undefined) return [];
  const path = ["spec", "components", index];
  if (by.kind === "component")
    return [
      { kind: "parameter", path: [...path, "type"], isGiven: true, value: by.type, of: `component ${component.name}` },
    ];
  const at = by.traitIndex ?? -1;
  if (by.kind !== "trait" || component.traits[at]?.type !== by.type) return [];
  return [
    {
      kind: "trait",
      path: [...path, "traits", at, "type"],
      isGiven: true,
      value: by.type,
      of: `component ${component.name}`,
    },
  ];
}

function reasonOf(input: Input, app: App, definitions: DefinitionSource): Reason {
  const { kind, path, isGiven, value } = input;
  const { of, definition, inner } = ownerOf(input, app, definitions);
  const isSecret = isSecretProperty(ownerProperties(app, path), inner);
  const declared = isGiven || definition === undefined ? undefined : declarationOf(templateOf(definition) ?? "", inner);
  return {
    kind,
    path,
    isGiven,
    ...(isSecret || value === undefined || isHeavy(value) ? {} : { value }),
    of,
    ...(declared === undefined
      ? {}
      : {
          declared: { type: declared.type, pos: definitionPos(definition!, { ...declared.pos, source: "template" }) },
        }),
  };
}

const isHeavy = (value: JsonValue): boolean => Array.isArray(value) || isJsonObject(value);

interface Owner {
  readonly of: string;
  readonly definition: KubeObject | undefined;
  /** The path below its properties. */
  readonly inner: Path;
}

function ownerOf({ path }: Input, app: App, definitions: DefinitionSource): Owner {
  const [first, list, index, field, at] = path;
  const nothing = { definition: undefined, inner: [] };
  if (first === "context") return { of: "what is known when it is rendered", ...nothing };
  if (list === "workflow") return { of: "the workflow", ...nothing };
  if (first !== "spec" || typeof index !== "number") return { of: "the Application", ...nothing };
  if (list === "policies") {
    const policy = app.policies[index];
    const definition = definitions.find("policy", policy?.type ?? "", app.namespace);
    return { of: `policy ${policy?.name} (${policy?.type})`, definition, inner: path.slice(4) };
  }
  const component = app.components[index];
  if (field === "traits" && typeof at === "number") {
    const type = component?.traits[at]?.type ?? "";
    const definition = definitions.find("trait", type, app.namespace);
    return { of: `trait ${type} of component ${component?.name}`, definition, inner: path.slice(6) };
  }
  const definition = definitions.find("component", component?.type ?? "", app.namespace);
  return { of: `component ${component?.name} (${component?.type})`, definition, inner: path.slice(4) };
}

function ownerProperties(app: App, path: Path): JsonObject | undefined {
  const [, list, index, field, at] = path;
  if (typeof index !== "number") return undefined;
  if (list === "policies") return app.policies[index]?.properties;
  const component = app.components[index];
  return field === "traits" && typeof at === "number" ? component?.traits[at]?.properties : component?.properties;
}

/** Reasons a person reads first: those of a field that holds another reason's field say nothing more. */
export function nearestReasons(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.filter(
    ({ path }) =>
      !reasons.some(
        (other) => other.path.length > path.length && path.every((part, index) => other.path[index] === part),
      ),
  );
}
