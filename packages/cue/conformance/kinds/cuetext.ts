import type { JsonValue } from "@lateen/base";
import { load } from "js-yaml";
import { formatFile } from "../../src/format/format.ts";
import type { Dialect } from "../../src/openapi/dialect.ts";
import { type ImportSchemaOptions, importSchema, schemaFile } from "../../src/openapi/import-schema.ts";
import type { Answer, CueCase } from "../case.ts";

const dialects: Readonly<Record<string, Dialect>> = {
  openapi: "openapi",
  k8sAPI: "kubernetes",
  k8sCRD: "custom-resource",
};

/** JSON Schema as CUE text; also `import-error`, where it is refused. */
export function answerCueText(item: CueCase): Answer {
  const name = item.entry[0] ?? Object.keys(item.files)[0] ?? "";
  const text = item.files[name] ?? "";
  const document = (name.endsWith(".json") ? JSON.parse(text) : text.trim() === "" ? {} : load(text)) as JsonValue;
  const result = importSchema(document, optionsOf(item.ask.opts ?? ""));
  const [error] = result.diagnostics;
  if (error !== undefined) return { ok: false, error: { class: "eval", msg: error.message } };
  return { ok: true, text: formatFile(schemaFile(result), { simplify: true }) };
}

function optionsOf(text: string): ImportSchemaOptions {
  const value = (name: string) => new RegExp(`^#${name}: (.*)$`, "m").exec(text)?.[1]?.trim();
  const flag = (name: string) => new RegExp(`^#${name}$`, "m").test(text);
  const dialect = dialects[value("version") ?? ""];
  const root = value("root");
  const packageName = value("pkgName");
  return {
    ...(dialect !== undefined && { dialect }),
    ...(root !== undefined && { root }),
    ...(packageName !== undefined && { packageName }),
    openOnlyWhenExplicit: flag("openOnlyWhenExplicit"),
    strictFeatures: flag("strictFeatures") || flag("strict"),
    strictKeywords: flag("strictKeywords") || flag("strict"),
    allowMissingRoot: flag("allowNonExistentRoot"),
  };
}
