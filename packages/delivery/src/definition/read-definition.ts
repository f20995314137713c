/**
 * Definition files (`vela def` form) to X-Definition objects. Source: kubevela-definitions.md 3.1 and 3.2 (kubevela
 * 5a44b5f, pkg/definition/definition.go).
 */
import { type Diagnostic, type JsonObject, type JsonValue, type Pos, isJsonObject } from "@lateen/base";
import { Context, CueError, type Field, type File, type StructLit, parseFile } from "@lateen/cue";
import type { KubeObject } from "@lateen/objects";
import { type DefinitionKind, definitionKinds, sourceAnnotation } from "./definition-set.ts";
import { formatTemplate } from "./format.ts";
import { labelName, literalJson } from "./literal-json.ts";
import { type StatusField, statusTextFault } from "./status-text.ts";

export interface ReadDefinitionOptions {
  readonly filename?: string;
  /** The object that the file updates: what the file does not say stays. */
  readonly base?: KubeObject;
  /** Writes where the template is from into an annotation, for messages. */
  readonly source?: string;
  readonly namespace?: string;
}

export interface ReadDefinition {
  readonly definition?: KubeObject;
  readonly diagnostics: readonly Diagnostic[];
}

const customPrefix = "custom.definition.oam.dev/";
const aliasAnnotation = "definition.oam.dev/alias";
const descriptionAnnotation = "definition.oam.dev/description";

/** Thrown within this file; `readDefinition` returns it. */
class Refusal extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics[0]?.message ?? "");
    this.diagnostics = diagnostics;
  }
}

const refuse = (message: string, pos?: Pos, path: readonly string[] = []): Refusal =>
  new Refusal([{ code: "definition", message, pos, path, causes: [] }]);

/** Reads one definition file. Only the syntax of the template is looked at; admission and `vet` do the rest. */
export function readDefinition(text: string, options: ReadDefinitionOptions = {}): ReadDefinition {
  try {
    return { definition: read(text, options), diagnostics: [] };
  } catch (error) {
    if (error instanceof Refusal) return { diagnostics: error.diagnostics };
    throw error;
  }
}

function read(text: string, options: ReadDefinitionOptions): KubeObject {
  const { file, diagnostics } = parseFile(text, { filename: options.filename ?? "definition.cue" });
  if (diagnostics.length > 0) throw new Refusal(diagnostics);
  const { metadata, template } = partsOf(file);
  const name = labelName(metadata.label)!;
  const facts = metadataOf(text, file, { metadata, name });
  const body = template.value;
  if (body.kind !== "struct")
    throw refuse("unexpected decl found in template: it must be a struct", file.posOf(body.start));
  const cue = formatTemplate(templateText(text, file, body), name);
  return objectOf(name, facts, { template: cue, file, body, options });
}

function partsOf(file: File): { metadata: Field; template: Field } {
  let metadata: Field | undefined;
  let template: Field | undefined;
  for (const decl of file.decls) {
    if (decl.kind !== "field") continue;
    const name = labelName(decl.label);
    if (name === "template") template = decl;
    else if (metadata !== undefined)
      throw refuse(
        `duplicated definition name: ${name ?? ""} beside ${labelName(metadata.label) ?? ""}; a file holds one definition`,
        file.posOf(decl.start),
      );
    else metadata = decl;
  }
  if (metadata === undefined || labelName(metadata.label) === undefined)
    throw refuse("no metadata found, invalid: the file needs a field with the definition's name");
  if (template === undefined) throw refuse("no template found, invalid: the file needs a field `template`");
  return { metadata, template };
}

interface Facts {
  readonly type: string | undefined;
  readonly alias: string | undefined;
  readonly description: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
}

function metadataOf(text: string, file: File, { metadata, name }: { metadata: Field; name: string }): Facts {
  const json = literalJson(metadata.value) ?? computedJson(text, file, { metadata, name });
  const pos = file.posOf(metadata.start);
  if (!isJsonObject(json)) throw refuse(`failed to parse metadata ${name}: it must be a struct`, pos);
  const { type } = json;
  if (type !== undefined && (typeof type !== "string" || !Object.hasOwn(definitionKinds, type)))
    throw refuse(`invalid type ${typeof type === "string" ? type : JSON.stringify(type)}`, pos, [name, "type"]);
  const attributes = isJsonObject(json.attributes) ? json.attributes : {};
  refuseUnknownAttributes(type as DefinitionKind | undefined, attributes, pos);
  return {
    type,
    alias: textField(json, "alias", { name, pos }),
    description: textField(json, "description", { name, pos }),
    annotations: texts(json, "annotations", { name, pos }),
    labels: texts(json, "labels", { name, pos }),
    spec: withStatusTexts(name, attributes, metadata, file),
  };
}

/** Metadata that is not written out is evaluated: the file without its template. */
function computedJson(text: string, file: File, { metadata, name }: { metadata: Field; name: string }): JsonValue {
  const imports = file.decls.filter(({ kind }) => kind === "import").map(({ start, end }) => text.slice(start, end));
  const used = imports.join("\n");
  const value = new Context().compile(`${used}\n${text.slice(metadata.start, metadata.end)}\n`, {
    filename: file.filename,
  });
  try {
    return value.lookupPath(/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)).toJSON();
  } catch (error) {
    if (!(error instanceof CueError)) throw error;
    throw new Refusal(error.diagnostics);
  }
}

interface Where {
  readonly name: string;
  readonly pos: Pos;
}

function textField(json: JsonObject, field: string, { name, pos }: Where): string | undefined {
  const value = json[field];
  if (value === undefined || typeof value === "string") return value;
  throw refuse(`${name}.${field}: cannot use value ${JSON.stringify(value)} as string`, pos, [name, field]);
}

function texts(json: JsonObject, field: string, { name, pos }: Where): Readonly<Record<string, string>> {
  const value = json[field] ?? {};
  if (!isJsonObject(value)) throw refuse(`${name}.${field}: it must be a struct of strings`, pos, [name, field]);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string")
      throw refuse(`${name}.${field}.${key}: cannot use value ${JSON.stringify(text)} as string`, pos, [
        name,
        field,
        key,
      ]);
  }
  return value as Readonly<Record<string, string>>;
}

const commonFields = ["definitionRef", "schematic", "version"];
const specFields: Readonly<Record<DefinitionKind, readonly string[]>> = {
  component: [
    "version",
    "workload",
    "childResourceKinds",
    "revisionLabel",
    "podSpecPath",
    "status",
    "schematic",
    "extension",
  ],
  trait: [
    ...commonFields,
    "revisionEnabled",
    "workloadRefPath",
    "podDisruptive",
    "appliesToWorkloads",
    "conflictsWith",
    "status",
    "extension",
    "manageWorkload",
    "controlPlaneOnly",
    "stage",
  ],
  policy: [...commonFields, "manageHealthCheck", "scope", "global", "priority"],
  "workflow-step": commonFields,
  workload: ["definitionRef", "childResourceKinds", "revisionLabel", "podSpecPath", "status", "schematic", "extension"],
};

function refuseUnknownAttributes(type: DefinitionKind | undefined, attributes: JsonObject, pos: Pos): void {
  if (type === undefined) return;
  for (const field of Object.keys(attributes)) {
    if (!specFields[type].includes(field))
      throw refuse(`invalid definition spec: json: unknown field "${field}"`, pos, ["attributes", field]);
  }
}

const statusFields: readonly StatusField[] = ["healthPolicy", "customStatus", "details"];

/** The status texts checked; those written as CUE instead of text become text. */
function withStatusTexts(name: string, attributes: JsonObject, metadata: Field, file: File): JsonObject {
  const { status } = attributes;
  if (!isJsonObject(status)) return attributes;
  const texts: Record<string, JsonValue | undefined> = { ...status };
  for (const field of statusFields) {
    const written = status[field];
    if (written === undefined) continue;
    const text = typeof written === "string" ? written : nativeText(metadata, field, file);
    texts[field] = text;
    const fault = statusTextFault(field, text);
    if (fault !== undefined)
      throw refuse(
        `failed to parse metadata ${name}: attributes.status.${field} field failed validation: ${fault}`,
        file.posOf(metadata.start),
      );
  }
  return { ...attributes, status: texts };
}

function nativeText(metadata: Field, field: string, file: File): string {
  let node = metadata.value;
  for (const part of ["attributes", "status", field]) {
    if (node.kind !== "struct") return "";
    const found = node.decls.find((decl): decl is Field => decl.kind === "field" && labelName(decl.label) === part);
    if (found === undefined) return "";
    node = found.value;
  }
  return node.kind === "struct" ? bodyText(file.text, node) : file.text.slice(node.start, node.end);
}

/** Imports, then the declarations of `template` with its braces removed. */
function templateText(text: string, file: File, body: StructLit): string {
  const imports = file.decls.filter(({ kind }) => kind === "import").map(({ start, end }) => text.slice(start, end));
  return `${imports.join("\n\n")}${imports.length > 0 ? "\n" : ""}${bodyText(text, body)}`;
}

function bodyText(text: string, body: StructLit): string {
  if (!body.braces) return `${text.slice(body.start, body.end).trim()}\n`;
  const inner = text.slice(text.indexOf("{", body.start) + 1, body.end - 1);
  const lines = inner
    .replace(/^[ \t]*\n/, "")
    .trimEnd()
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^\t*/.exec(line)![0].length);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  return `${lines
    .map((line) => line.slice(Math.min(common, /^\t*/.exec(line)![0].length)))
    .join("\n")
    .trim()}\n`;
}

const prefixed = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key.includes("oam.dev") ? key : `${customPrefix}${key}`, value]),
  );

/** What an existing object keeps: everything that does not come from a file. */
function kept(values: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([key]) => !key.startsWith(customPrefix)));
}

interface Built {
  readonly template: string;
  readonly file: File;
  readonly body: StructLit;
  readonly options: ReadDefinitionOptions;
}

function objectOf(name: string, facts: Facts, { template, file, body, options }: Built): KubeObject {
  const { base, source, namespace } = options;
  const oldSpec = isJsonObject(base?.spec) ? base.spec : {};
  const annotations = {
    ...kept(base?.metadata.annotations),
    ...prefixed(facts.annotations),
    ...(facts.alias === undefined ? {} : { [aliasAnnotation]: facts.alias }),
    ...(facts.description === undefined ? {} : { [descriptionAnnotation]: facts.description }),
    ...(source === undefined ? {} : { [sourceAnnotation]: `${source}#${templateLine(template, file, body)}` }),
  };
  const schematic = isJsonObject(facts.spec.schematic) ? facts.spec.schematic : {};
  return {
    ...(base === undefined ? {} : base),
    ...(facts.type === undefined
      ? {}
      : { apiVersion: "core.oam.dev/v1beta1", kind: definitionKinds[facts.type as DefinitionKind] }),
    metadata: {
      ...base?.metadata,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations,
      labels: { ...kept(base?.metadata.labels), ...prefixed(facts.labels) },
    },
    spec: { ...oldSpec, ...facts.spec, schematic: { ...schematic, cue: { template } } },
  } as unknown as KubeObject;
}

/** The number to add to a line of the template to get the line of the file. */
function templateLine(template: string, file: File, body: StructLit): number {
  const first = body.decls[0];
  const fileLine = file.posOf(first === undefined ? body.start : firstOffset(first)).line;
  const imports = /^(?:import (?:\([^)]*\)|[^\n]*)\n+)*/.exec(template)?.[0] ?? "";
  return fileLine - imports.split("\n").length;
}

/** Where a declaration begins, its comments included. */
function firstOffset(decl: {
  readonly start: number;
  readonly comments?: readonly { readonly start: number }[];
}): number {
  return Math.min(decl.start, ...(decl.comments ?? []).map(({ start }) => start));
}
