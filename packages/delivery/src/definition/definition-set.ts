import { type JsonValue, isJsonObject, nearestName } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";

export type DefinitionKind = "component" | "trait" | "policy" | "workflow-step" | "workload";

export const definitionKinds: Readonly<Record<DefinitionKind, string>> = {
  component: "ComponentDefinition",
  trait: "TraitDefinition",
  policy: "PolicyDefinition",
  "workflow-step": "WorkflowStepDefinition",
  workload: "WorkloadDefinition",
};

/** Where the definitions that everybody may use live. */
export const systemNamespace = "vela-system";

/** Where the source of a definition is: `definitions/traits/scaler.cue#12`, the line before the template's first. */
export const sourceAnnotation = "lateen.dev/source";

/** Looks definitions up as the engine does: the Application's namespace hides `vela-system`. */
export interface DefinitionSource {
  /** @param type a name, or a name with a version: `webservice@v2`. */
  find(kind: DefinitionKind, type: string, namespace: string): KubeObject | undefined;
  /** Revisions of a definition, those of the namespace first. */
  revisions?(name: string, namespace: string): readonly KubeObject[];
  /** Names that could have been meant. */
  names(kind: DefinitionKind, namespace: string): readonly string[];
}

const key = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

/**
 * A set over objects that are at hand. Definitions without a namespace count as `vela-system`'s; later objects win over
 * earlier ones of the same name. DefinitionRevisions answer for `name@vN`.
 */
export function createDefinitionSet(objects: Iterable<KubeObject>): DefinitionSource {
  const byKey = new Map<string, KubeObject>();
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    if (name !== undefined) byKey.set(key(object.kind, namespace ?? systemNamespace, name), object);
  }
  const revisions = [...byKey.values()].filter(({ kind }) => kind === "DefinitionRevision");
  const within = (kind: string, namespace: string, name: string): KubeObject | undefined =>
    byKey.get(key(kind, namespace, name)) ?? byKey.get(key(kind, systemNamespace, name));
  return {
    find(kind, type, namespace) {
      const at = type.indexOf("@");
      if (at < 0) return within(definitionKinds[kind], namespace, type);
      const revision = within("DefinitionRevision", namespace, `${type.slice(0, at)}-${type.slice(at + 1)}`);
      return revision === undefined ? undefined : revisedDefinition(revision, kind);
    },
    names(kind, namespace) {
      const wanted = definitionKinds[kind];
      const names = new Set<string>();
      for (const object of byKey.values()) {
        const home = object.metadata.namespace ?? systemNamespace;
        if (object.kind === wanted && (home === namespace || home === systemNamespace))
          names.add(object.metadata.name!);
      }
      return [...names];
    },
    revisions(name, namespace) {
      const own = revisions.filter(({ metadata }) => metadata.name?.startsWith(`${name}-v`) === true);
      const home = ({ metadata }: KubeObject): string => metadata.namespace ?? systemNamespace;
      return [
        ...own.filter((one) => home(one) === namespace),
        ...own.filter((one) => home(one) === systemNamespace && namespace !== systemNamespace),
      ];
    },
  };
}

/**
 * The source as an Application with automatic updates sees it: `name@v1` floats over `v1.y.z`, to the highest there is
 * (kubevela-engine.md 2.3).
 */
export function floatingVersions(source: DefinitionSource): DefinitionSource {
  return {
    ...source,
    names: (kind, namespace) => source.names(kind, namespace),
    find(kind, type, namespace) {
      const exact = source.find(kind, type, namespace);
      const at = type.indexOf("@");
      if (exact !== undefined || at < 0) return exact;
      const name = type.slice(0, at);
      const prefix = `${name}-${type.slice(at + 1)}.`;
      const known = (source.revisions?.(name, namespace) ?? []).filter(
        ({ metadata }) => metadata.name?.startsWith(prefix) === true,
      );
      const highest = known.toSorted((a, b) => compareVersions(a.metadata.name!, b.metadata.name!)).at(-1);
      return highest === undefined ? undefined : revisedDefinition(highest, kind);
    },
  };
}

function compareVersions(left: string, right: string): number {
  const numbers = (name: string): readonly number[] =>
    name
      .slice(name.lastIndexOf("-v") + 2)
      .split(".")
      .map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The definition that a DefinitionRevision holds, if it is one of `kind`. */
export function revisedDefinition(revision: KubeObject, kind: DefinitionKind): KubeObject | undefined {
  const field = {
    component: "componentDefinition",
    trait: "traitDefinition",
    policy: "policyDefinition",
    "workflow-step": "workflowStepDefinition",
    workload: "workloadDefinition",
  }[kind];
  const snapshot = valueAt(revision, "spec", field);
  if (!isJsonObject(snapshot) || !isJsonObject(snapshot.spec)) return undefined;
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: definitionKinds[kind],
    ...(snapshot as object),
    metadata: { ...(snapshot.metadata as object | undefined) },
  } as KubeObject;
}

/** The CUE text of a definition: `spec.schematic.cue.template`, or the old `spec.extension.template`. */
export function templateOf(definition: KubeObject): string | undefined {
  const template = valueAt(definition, "spec", "schematic", "cue", "template");
  if (typeof template === "string" && template !== "") return template;
  const extension = valueAt(definition, "spec", "extension", "template");
  return typeof extension === "string" ? extension : typeof template === "string" ? template : undefined;
}

/** A text of `spec.status`, empty when there is none. */
export function statusTextOf(definition: KubeObject, field: "healthPolicy" | "customStatus" | "details"): string {
  const text = valueAt(definition, "spec", "status", field);
  return typeof text === "string" ? text : "";
}

export function specFlag(definition: KubeObject, field: string): boolean {
  return valueAt(definition, "spec", field) === true;
}

export function specText(definition: KubeObject, field: string): string {
  const value: JsonValue | undefined = valueAt(definition, "spec", field);
  return typeof value === "string" ? value : "";
}

/** How messages name a definition's text: its file, or `TraitDefinition vela-system/scaler`. */
export function sourceOf(definition: KubeObject): { readonly source: string; readonly lineOffset: number } {
  const annotation = definition.metadata.annotations?.[sourceAnnotation];
  const match = annotation === undefined ? null : /^(.*)#(\d+)$/.exec(annotation);
  if (match !== null) return { source: match[1]!, lineOffset: Number(match[2]) };
  const namespace = definition.metadata.namespace ?? systemNamespace;
  return { source: `${definition.kind} ${namespace}/${definition.metadata.name ?? ""}`, lineOffset: 0 };
}

/** ` (did you mean "webservice"?)`, or nothing. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : ` (did you mean ${JSON.stringify(nearest)}?)`;
}
