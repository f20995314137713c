/** DefinitionRevisions: what a definition said, under a number or a version of its own (kubevela-engine.md 2.10). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { contentHash } from "./content-hash.ts";

export const definitionRevisionApi = { apiVersion: "core.oam.dev/v1beta1", kind: "DefinitionRevision" } as const;

interface RevisedKind {
  readonly type: string;
  readonly field: string;
  readonly nameLabel: string;
}

/** The kinds of definitions that have revisions. */
export const revisedKinds: Readonly<Record<string, RevisedKind>> = {
  ComponentDefinition: {
    type: "Component",
    field: "componentDefinition",
    nameLabel: "componentdefinition.oam.dev/name",
  },
  TraitDefinition: { type: "Trait", field: "traitDefinition", nameLabel: "trait.oam.dev/name" },
  PolicyDefinition: { type: "Policy", field: "policyDefinition", nameLabel: "policydefinition.oam.dev/name" },
  WorkflowStepDefinition: {
    type: "WorkflowStep",
    field: "workflowStepDefinition",
    nameLabel: "workflowstepdefinition.oam.dev/name",
  },
};

const nameAnnotation = "definitionrevision.oam.dev/name";

/** What decides whether a definition has changed. */
export const definitionHash = (definition: KubeObject): string =>
  contentHash((definition.spec as JsonValue | undefined) ?? null);

const numberOf = (revision: KubeObject): number => {
  const value = valueAt(revision, "spec", "revision");
  return typeof value === "number" ? value : 0;
};

const isOwnedBy = ({ metadata }: KubeObject, definition: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ uid }) => uid === definition.metadata.uid) === true;

/** Its revisions, the oldest first. */
export function revisionsOf(definition: KubeObject, known: readonly KubeObject[]): readonly KubeObject[] {
  return known.filter((one) => isOwnedBy(one, definition)).toSorted((a, b) => numberOf(a) - numberOf(b));
}

/**
 * The revision that holds the definition as it is: a known one, or one that is to be made. A revision with a version of its
 * own never changes; numbers only go up, also past those of another kind's definition of the same name.
 * @param known the DefinitionRevisions of the definition's namespace.
 */
export function currentRevision(
  definition: KubeObject,
  known: readonly KubeObject[],
): { readonly revision: KubeObject; readonly isNew: boolean } {
  const own = revisionsOf(definition, known);
  const newest = own.at(-1);
  const hash = definitionHash(definition);
  const version = versionOf(definition);
  const { name = "" } = definition.metadata;
  const number = (newest === undefined ? 0 : numberOf(newest)) + 1;
  if (version !== undefined) {
    const fixed = own.find(({ metadata }) => metadata.name === `${name}-v${version}`);
    if (fixed !== undefined) return { revision: fixed, isNew: false };
    return { revision: revisionObject(definition, { name: `${name}-v${version}`, number, hash }), isNew: true };
  }
  if (newest !== undefined && valueAt(newest, "spec", "revisionHash") === hash)
    return { revision: newest, isNew: false };
  const taken = new Set(known.map(({ metadata }) => metadata.name));
  let free = Math.max(number, latestNumber(definition) + 1);
  while (taken.has(`${name}-v${free}`)) free++;
  return { revision: revisionObject(definition, { name: `${name}-v${free}`, number: free, hash }), isNew: true };
}

function latestNumber(definition: KubeObject): number {
  const value = valueAt(definition.status, "latestRevision", "revision");
  return typeof value === "number" ? value : 0;
}

/** `spec.version` in full, `1.2` as `1.2.0`, or the name that an annotation gives. */
export function versionOf(definition: KubeObject): string | undefined {
  const version = valueAt(definition, "spec", "version");
  if (typeof version === "string" && version !== "") {
    const [core = "", ...rest] = version.replace(/^v/, "").split(/(?=[-+])/);
    return [...core.split("."), "0", "0"].slice(0, Math.max(3, core.split(".").length)).join(".") + rest.join("");
  }
  const named = definition.metadata.annotations?.[nameAnnotation];
  return named === undefined || named === "" ? undefined : named;
}

function revisionObject(
  definition: KubeObject,
  { name, number, hash }: { readonly name: string; readonly number: number; readonly hash: string },
): KubeObject {
  const { apiVersion, kind, metadata, spec } = definition;
  const facts = revisedKinds[kind]!;
  const { name: own = "", namespace = "", labels = {}, annotations, uid = "" } = metadata;
  const snapshot = {
    apiVersion,
    kind,
    metadata: { name: own, namespace, labels, ...(annotations !== undefined && { annotations }) },
    spec: (spec as JsonObject | undefined) ?? {},
  };
  return {
    ...definitionRevisionApi,
    metadata: {
      name,
      namespace,
      labels: { ...labels, [facts.nameLabel]: own },
      ownerReferences: [{ apiVersion, kind, name: own, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { revision: number, revisionHash: hash, definitionType: facts.type, [facts.field]: snapshot },
  };
}

/** What is over the limit, the oldest first; the current one stays. */
export function surplusDefinitionRevisions(
  definition: KubeObject,
  known: readonly KubeObject[],
  { limit, current }: { readonly limit: number; readonly current: string },
): readonly KubeObject[] {
  const others = revisionsOf(definition, known).filter(({ metadata }) => metadata.name !== current);
  return others.slice(0, Math.max(0, others.length - limit));
}
