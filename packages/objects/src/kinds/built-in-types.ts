/**
 * Reads the generated table. Nothing is parsed before it is asked for: a type's line becomes facts on first use, and
 * stays.
 */
import { InvariantError, type JsonValue } from "@lateen/base";
import type { GroupVersionKind } from "../kube-object.ts";
import { enumLines, typeLines } from "./generated/types.ts";
import type { FieldFacts, SchemaFacts, TypeFacts } from "./kind.ts";

const metaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** Where the types of a group live: the first label of its name, save for what is listed here. */
const packages = new Map([
  ["", "io.k8s.api.core."],
  ["events.k8s.io", "io.k8s.api.events."],
  ["flowcontrol.apiserver.k8s.io", "io.k8s.api.flowcontrol."],
  ["rbac.authorization.k8s.io", "io.k8s.api.rbac."],
  ["apiextensions.k8s.io", "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions."],
  ["apiregistration.k8s.io", "io.k8s.kube-aggregator.pkg.apis.apiregistration."],
  ["metrics.k8s.io", "io.k8s.metrics.pkg.apis.metrics."],
  ["meta.k8s.io", "io.k8s.apimachinery.pkg.apis.meta."],
]);

let lines: readonly string[] = [];
const parsed: (TypeFacts | undefined)[] = [];
const positions = new Map<string, number>();
let enums: readonly (readonly string[])[] = [];

function load(): void {
  if (lines.length > 0) return;
  lines = typeLines.split("\n");
  enums = enumLines.split("\n").map((line) => line.split(","));
  for (const [position, line] of lines.entries()) {
    const end = line.indexOf("|");
    const name = end < 0 ? line : line.slice(0, end);
    positions.set(name.endsWith("!") ? name.slice(0, -1) : name, position);
  }
}

/** The built-in type with this OpenAPI name, as `io.k8s.api.apps.v1.Deployment`. */
export function builtinType(name: string): TypeFacts | undefined {
  load();
  const position = positions.get(name);
  return position === undefined ? undefined : typeAt(position);
}

/**
 * The built-in type of any kind that the API's schemes know: those with a resource, their lists, and options such as
 * DeleteOptions, which exist in every group and version.
 */
export function builtinTypeOf({ group, version, kind }: GroupVersionKind): TypeFacts | undefined {
  const label = group.split(".")[0] ?? "";
  const own = packages.get(group) ?? (isBuiltinGroup(group) ? `io.k8s.api.${label}.` : undefined);
  const found = own === undefined ? undefined : builtinType(`${own}${version}.${kind}`);
  return found ?? (metaKinds.has(kind) ? builtinType(metaPackage + kind) : undefined);
}

const metaKinds = new Set([
  "CreateOptions",
  "DeleteOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "WatchEvent",
  "Status",
  "APIGroup",
  "APIGroupList",
  "APIResourceList",
  "APIVersions",
  "List",
  "Table",
  "PartialObjectMetadata",
  "PartialObjectMetadataList",
]);

function isBuiltinGroup(group: string): boolean {
  return !group.includes(".") || group.endsWith(".k8s.io");
}

/** Every built-in type's OpenAPI name. */
export function builtinTypeNames(): readonly string[] {
  load();
  return [...positions.keys()];
}

function typeAt(position: number): TypeFacts {
  const known = parsed[position];
  if (known !== undefined) return known;
  const line = lines[position];
  if (line === undefined) throw new InvariantError(`the type table has no line ${position}`);
  const [head = "", ...fieldTexts] = line.split("|");
  const fields = fieldTexts.map(parseField);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const facts: TypeFacts = {
    name: head.endsWith("!") ? head.slice(0, -1) : head,
    fields,
    atomic: head.endsWith("!"),
    fieldOf: (name) => byName.get(name),
  };
  parsed[position] = facts;
  return facts;
}

interface FieldWords {
  readonly flags: string;
  /** Letter → value of the words after the flags. */
  readonly details: ReadonlyMap<string, string>;
}

function parseField(text: string): FieldFacts {
  const [name = "", type = "", number = "0", flags = "", ...rest] = text.split(" ");
  const details = new Map(rest.map((word) => [word.charAt(0), word.slice(1)]));
  const path = details.get("i");
  const patchStrategy = details.get("p");
  const patchMergeKey = details.get("k");
  const declared = details.get("d");
  return {
    name,
    schema: parseSchema(type, { flags, details }),
    required: flags.includes("R"),
    pointer: flags.includes("P"),
    omitEmpty: flags.includes("O"),
    omitZero: flags.includes("Z"),
    protoNumber: Number(number),
    protoPath: path === undefined ? [] : path.split(".").map(Number),
    ...(patchStrategy === undefined ? {} : { patchStrategy }),
    ...(patchMergeKey === undefined ? {} : { patchMergeKey }),
    ...(declared === undefined ? {} : { defaultValue: JSON.parse(declared) as JsonValue }),
  };
}

const leaves: Readonly<Record<string, SchemaFacts>> = {
  s: { kind: "string" },
  i: { kind: "integer", format: "int32" },
  l: { kind: "integer", format: "int64" },
  n: { kind: "number" },
  b: { kind: "boolean" },
  y: { kind: "bytes" },
  q: { kind: "quantity" },
  x: { kind: "int-or-string" },
  t: { kind: "time" },
  u: { kind: "micro-time" },
  d: { kind: "duration" },
  f: { kind: "fields-v1" },
  a: { kind: "any", object: true, wire: "raw" },
  j: { kind: "any", object: false, wire: "raw" },
  o: { kind: "any", object: false, wire: "schema-or-bool" },
  r: { kind: "any", object: false, wire: "schema-or-array" },
  p: { kind: "any", object: false, wire: "schema-or-strings" },
};

const noWords: FieldWords = { flags: "", details: new Map() };

function parseSchema(text: string, words: FieldWords): SchemaFacts {
  const leaf = leaves[text];
  if (leaf !== undefined) return leaf;
  const inner = text.slice(1);
  switch (text.charAt(0)) {
    case "e":
      return { kind: "string", values: enums[Number.parseInt(inner, 36)] };
    case "#":
      return structSchema(Number.parseInt(inner, 36), words);
    case "{":
      return { kind: "map", atomic: words.flags.includes("A"), value: parseSchema(inner, noWords) };
    case "[":
    case "(":
      return listSchema(text, words);
    default:
      throw new InvariantError(`the type table has an unknown type ${JSON.stringify(text)}`);
  }
}

function structSchema(position: number, { flags }: FieldWords): SchemaFacts {
  const head = lines[position]?.split("|", 1)[0] ?? "";
  const declared = flags.includes("A") ? "atomic" : flags.includes("G") ? "granular" : undefined;
  const atomic = declared === undefined ? head.endsWith("!") : declared === "atomic";
  return { kind: "struct", atomic, ...(declared === undefined ? {} : { declared }), type: () => typeAt(position) };
}

/**
 * Without markers a list with patchStrategy merge is a map by its merge key, or a set; every other list is atomic
 * (kube-openapi's conversion to structured-merge-diff, pkg/schemaconv).
 */
function listSchema(text: string, { details }: FieldWords): SchemaFacts {
  const declared = details.get("l");
  const merges = details.get("p")?.split(",").includes("merge") === true;
  const mergeKey = details.get("k");
  const listType = declared ?? (merges ? (mergeKey === undefined ? "set" : "map") : "atomic");
  const keys = details.get("m")?.split(",") ?? (declared === undefined && mergeKey !== undefined ? [mergeKey] : []);
  return {
    kind: "list",
    item: parseSchema(text.slice(1), noWords),
    listType: listType === "map" || listType === "set" ? listType : "atomic",
    listMapKeys: listType === "map" ? keys : [],
    wrapped: text.startsWith("("),
    implied: declared === undefined,
  };
}
