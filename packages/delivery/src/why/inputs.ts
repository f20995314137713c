/**
 * What an Application says, field by field, and what each field could say instead: the questions that `influence.ts`
 * puts to the renderer.
 */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { DefinitionKind, DefinitionSource } from "../definition/definition-set.ts";
import { sampleOf } from "../definition/sample-parameter.ts";
import { definitionSchema } from "../definition/schema-config-map.ts";
import { type Path, membersOf } from "./leaves.ts";

export type InputKind = "parameter" | "trait" | "policy" | "workflow" | "metadata" | "context";

/** A field of an Application, or of what a rendering knows beside it, that an object may depend on. */
export interface Input {
  readonly kind: InputKind;
  /** In the Application; `["context", …]` for what is none of its fields. */
  readonly path: Path;
  readonly isGiven: boolean;
  readonly value: JsonValue | undefined;
  /** Values that it could have as well; undefined stands for leaving it out. */
  readonly changes: readonly (JsonValue | undefined)[];
}

/** Fields of one Application that are looked at, at most. */
const maxInputs = 5_000;
const maxDepth = 40;

export function inputsOf(application: KubeObject, definitions: DefinitionSource): readonly Input[] {
  const inputs: Input[] = [...metadataInputs(application)];
  const namespace = application.metadata.namespace ?? "default";
  const find = (kind: DefinitionKind, type: JsonValue | undefined): KubeObject | undefined =>
    typeof type === "string" ? definitions.find(kind, type, namespace) : undefined;
  const spec = (valueAt(application, "spec") ?? {}) as JsonValue;
  for (const [index, component] of listed(spec, "components")) {
    const path = ["spec", "components", index];
    inputs.push({ ...field("metadata", [...path, "name"], component.name), changes: texts(component.name) });
    const at = { kind: "parameter" as const, definition: find("component", component.type) };
    inputs.push(...propertyInputs([...path, "properties"], component.properties, at));
    for (const [place, trait] of listed(component, "traits")) {
      const inner = [...path, "traits", place];
      const definition = find("trait", trait.type);
      inputs.push({ ...field("trait", inner, trait), changes: [undefined] });
      inputs.push(...propertyInputs([...inner, "properties"], trait.properties, { kind: "parameter", definition }));
    }
  }
  for (const [index, policy] of listed(spec, "policies")) {
    const path = ["spec", "policies", index];
    const definition = find("policy", policy.type);
    inputs.push({ ...field("policy", path, policy), changes: [undefined] });
    inputs.push(...propertyInputs([...path, "properties"], policy.properties, { kind: "policy", definition }));
  }
  const steps = valueAt(application, "spec", "workflow");
  for (const [index, step] of listed(steps ?? null, "steps"))
    inputs.push(
      ...propertyInputs(["spec", "workflow", "steps", index, "properties"], step.properties, { kind: "workflow" }),
    );
  return inputs.slice(0, maxInputs);
}

function listed(value: JsonValue | undefined, name: string): readonly (readonly [number, JsonObject])[] {
  const list = isJsonObject(value) ? value[name] : undefined;
  if (!Array.isArray(list)) return [];
  return (list as readonly JsonValue[]).flatMap((one, index) => (isJsonObject(one) ? [[index, one] as const] : []));
}

const field = (kind: InputKind, path: Path, value: JsonValue | undefined): Omit<Input, "changes"> => ({
  kind,
  path,
  value,
  isGiven: value !== undefined,
});

const texts = (value: JsonValue | undefined): readonly string[] =>
  typeof value === "string" ? [`${value}-x`, `x-${value}`] : ["sample"];

function metadataInputs({ metadata, status }: KubeObject): readonly Input[] {
  const maps = (["labels", "annotations"] as const).flatMap((map) =>
    Object.entries(metadata[map] ?? {}).map(([name, value]): Input => {
      return { ...field("metadata", ["metadata", map, name], value), changes: [undefined, ...texts(value)] };
    }),
  );
  const revision = isJsonObject(status as JsonValue)
    ? valueAt({ status } as never, "status", "latestRevision")
    : undefined;
  return [
    { ...field("metadata", ["metadata", "name"], metadata.name), changes: texts(metadata.name) },
    { ...field("metadata", ["metadata", "namespace"], metadata.namespace), changes: texts(metadata.namespace) },
    ...maps,
    { ...field("context", ["context", "appRevision"], revision), changes: ["application-v7"] },
    { ...field("context", ["context", "clusterVersion"], undefined), changes: [16, 20, 24, 99] },
  ];
}

interface Declared {
  readonly kind: InputKind;
  readonly definition?: KubeObject | undefined;
}

/** The properties that are given, each part of them, and those that the definition declares beside them. */
function propertyInputs(
  path: Path,
  properties: JsonValue | undefined,
  { kind, definition }: Declared,
): readonly Input[] {
  const schema = definition === undefined ? undefined : schemaOf(definition);
  const inputs: Input[] = [];
  const stack: Place[] = [{ path, value: properties, schema, of: "object" }];
  for (let place = stack.pop(); place !== undefined && inputs.length < maxInputs; place = stack.pop()) {
    const { value, schema: own } = place;
    if (place.path.length > maxDepth) continue;
    // An element of a list is no field: its list is, and so are its own fields.
    if (place.path !== path && (place.of === "object" || membersOf(value ?? null).length === 0))
      inputs.push({ ...field(kind, place.path, value), changes: changesOf(value, own, place.of) });
    const inner = membersOf(value ?? null).map(([part, member]): Place => {
      const of = Array.isArray(value) ? ("list" as const) : ("object" as const);
      return { path: [...place.path, part], value: member, schema: memberSchema(own, part), of };
    });
    const isOpen = value === undefined ? place.path === path : isJsonObject(value);
    const absent = isOpen ? absentFields(own, value, place.path) : [];
    inputs.push(...absent.map(([at, declared]) => ({ ...field(kind, at, undefined), changes: samplesOf(declared) })));
    stack.push(...inner.toReversed());
  }
  return inputs;
}

interface Place {
  readonly path: Path;
  readonly value: JsonValue | undefined;
  readonly schema: JsonValue | undefined;
  readonly of: "object" | "list";
}

const schemas = new WeakMap<KubeObject, JsonObject | undefined>();

function schemaOf(definition: KubeObject): JsonObject | undefined {
  if (!schemas.has(definition)) schemas.set(definition, readSchema(definition));
  return schemas.get(definition);
}

/** A parameter that no schema can be made of is looked at as it is given. */
function readSchema(definition: KubeObject): JsonObject | undefined {
  try {
    return definitionSchema(definition);
  } catch {
    return undefined;
  }
}

function memberSchema(schema: JsonValue | undefined, part: string | number): JsonValue | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (typeof part === "number") return schema.items;
  const { properties } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, part)) return properties[part];
  return schema.additionalProperties;
}

function absentFields(
  schema: JsonValue | undefined,
  value: JsonValue | undefined,
  path: Path,
): readonly (readonly [Path, JsonValue | undefined])[] {
  const properties = isJsonObject(schema) ? schema.properties : undefined;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, declared]) =>
    isJsonObject(value) && Object.hasOwn(value, name) ? [] : [[[...path, name], declared] as const],
  );
}

const quantity = /^(\d+)(\D*)$/;

/** Other values that a field could have, unlike each other, so that one of them shows what depends on it. */
function changesOf(
  value: JsonValue | undefined,
  schema: JsonValue | undefined,
  of: "object" | "list",
): readonly (JsonValue | undefined)[] {
  const left = of === "object" ? [undefined] : [];
  const options = isJsonObject(schema) && Array.isArray(schema.enum) ? schema.enum : [];
  const others = (options as readonly JsonValue[]).filter((one) => one !== value);
  if (others.length > 0) return [...left, ...others.slice(0, 8)];
  if (typeof value === "boolean") return [!value, ...left];
  if (typeof value === "number") return [value + 1, ...(value > 0 ? [value - 1] : []), 0, 1_000, ...left];
  if (typeof value === "string") return [...textChanges(value), ...left];
  if (Array.isArray(value)) return [[], ...(value.length > 1 ? [value.toReversed()] : []), ...left];
  return isJsonObject(value) ? [{}, ...left] : left;
}

function textChanges(value: string): readonly string[] {
  const counted = quantity.exec(value);
  if (counted !== null)
    return [`${Number(counted[1]) + 1}${counted[2]}`, `${Number(counted[1]) + 7}${counted[2]}`, `${value}x`];
  return value.includes("/") ? [`${value}-x`, `${value}/x`, "sample"] : [`${value}-x`, `x${value}`, "sample"];
}

/** Values for a field that is not given: all alternatives, both flags, something of the type. */
function samplesOf(schema: JsonValue | undefined): readonly JsonValue[] {
  if (!isJsonObject(schema)) return ["sample"];
  if (Array.isArray(schema.enum)) return (schema.enum as readonly JsonValue[]).slice(0, 8);
  switch (schema.type) {
    case "boolean":
      return [true, false];
    case "integer":
    case "number":
      return [7, 1, 60_000];
    case "string":
      return ["sample", "10m", "10Mi"];
    case "array": {
      const item = sampleOf(schema.items);
      return item === undefined ? [[]] : [[item], []];
    }
    default: {
      const sample = sampleOf(schema);
      const keyed = isJsonObject(schema.additionalProperties) ? sampleOf(schema.additionalProperties) : undefined;
      return [...(keyed === undefined ? [] : [{ sample: keyed }]), ...(sample === undefined ? [] : [sample])];
    }
  }
}
