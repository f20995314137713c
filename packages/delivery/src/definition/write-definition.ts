/** X-Definition objects as definition files, the way back of `readDefinition` (kubevela-definitions.md 3.2). */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { formatFile, parseFile } from "@lateen/cue";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type DefinitionKind, definitionKinds, templateOf } from "./definition-set.ts";

const customPrefix = "custom.definition.oam.dev/";

/** @throws Error when the object is no definition or its template does not parse. */
export function writeDefinition(definition: KubeObject): string {
  const type = (Object.keys(definitionKinds) as DefinitionKind[]).find(
    (kind) => definitionKinds[kind] === definition.kind,
  );
  if (type === undefined) throw new Error(`invalid type of ${definition.kind}: not a definition`);
  const { annotations = {}, labels = {}, name = "" } = definition.metadata;
  const spec = isJsonObject(definition.spec) ? definition.spec : {};
  const { schematic: _, ...attributes } = spec;
  const facts: JsonObject = {
    alias: annotations["definition.oam.dev/alias"] ?? "",
    annotations: custom(annotations),
    attributes,
    description: annotations["definition.oam.dev/description"] ?? "",
    labels: custom(labels),
    type,
  };
  const { imports, body } = splitTemplate(
    templateOf(definition) ?? valueText(valueAt(definition, "spec", "schematic", "cue", "template")),
  );
  const text = `${imports}${label(name)}: ${cueText(facts)}\ntemplate: {\n${body}}\n`;
  const { file, diagnostics } = parseFile(text, { filename: name });
  if (diagnostics.length > 0) throw new Error(`template of ${name}: ${diagnostics[0]!.message}`);
  return formatFile(file, { simplify: true });
}

const valueText = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

function custom(values: Readonly<Record<string, string>>): JsonObject {
  const own = Object.entries(values).filter(([key]) => key.startsWith(customPrefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(customPrefix.length), value]));
}

function splitTemplate(template: string): { readonly imports: string; readonly body: string } {
  const { file, diagnostics } = parseFile(template, { filename: "template" });
  if (diagnostics.length > 0) throw new Error(diagnostics[0]!.message);
  const end = file.decls.filter(({ kind }) => kind === "import").at(-1)?.end ?? 0;
  const imports = template.slice(0, end).trim();
  const body = template.slice(end).trim();
  return { imports: imports === "" ? "" : `${imports}\n\n`, body: body === "" ? "" : `${body}\n` };
}

const label = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** JSON with labels unquoted where they can be; texts of several lines in their raw form. */
function cueText(value: JsonValue, depth = 0): string {
  if (typeof value === "string" && value.includes("\n")) return rawText(value, depth);
  if (Array.isArray(value)) return `[${value.map((item) => cueText(item, depth + 1)).join(", ")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (entries.length === 0) return "{}";
  const indent = "\t".repeat(depth + 1);
  return `{\n${entries.map(([key, member]) => `${indent}${label(key)}: ${cueText(member!, depth + 1)}\n`).join("")}${"\t".repeat(depth)}}`;
}

function rawText(text: string, depth: number): string {
  const indent = "\t".repeat(depth + 1);
  const lines = text.split("\n").map((line) => (line === "" ? "" : indent + line));
  return `#"""\n${lines.join("\n")}\n${indent}"""#`;
}
