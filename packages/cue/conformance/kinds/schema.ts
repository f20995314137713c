import type { JsonObject, JsonValue } from "@lateen/base";
import { completeOpenApi } from "../../src/openapi/complete-document.ts";
import { exportSchema } from "../../src/openapi/export-schema.ts";
import { type JsonSchemaOptions, jsonSchemaOf } from "../../src/openapi/json-schema.ts";
import type { Value } from "../../src/index.ts";
import { openApiDocument } from "../../src/openapi/document.ts";
import { parseFile } from "../../src/syntax/parser.ts";
import type { Answer, CueCase } from "../case.ts";
import { instanceOf } from "./evaluation.ts";

/** The JSON Schema of a file's value, or of the value at `#path`. */
export function answerJsonSchema(item: CueCase): Answer {
  const root = instanceOf(item);
  const [error] = root.validate();
  if (error !== undefined) return { ok: false, error: { class: error.code, msg: error.message } };
  const path = /^#path: (.*)$/m.exec(item.ask.opts ?? "")?.[1]?.trim();
  const value = path === undefined ? root : root.lookupPath(path);
  const dialect = dialects[/^#version: (.*)$/m.exec(item.ask.opts ?? "")?.[1]?.trim() ?? ""];
  const document = jsonSchemaOf(value, dialect === undefined ? {} : { dialect });
  return { ok: true, json: JSON.stringify(document) };
}

const dialects: Readonly<Record<string, NonNullable<JsonSchemaOptions["dialect"]>>> = {
  draft4: "draft-04",
  draft6: "draft-06",
  draft7: "draft-07",
  "draft2019-09": "2019-09",
  "draft2020-12": "2020-12",
};

/** The OpenAPI document of a file's definitions. */
export function answerOpenApi(item: CueCase): Answer {
  const root = instanceOf(item);
  const opts = item.ask.opts ?? "";
  if (/^#v2$/m.test(opts)) return answerComplete(root, opts);
  const title = titleOf(item);
  if (/^#ExpandReferences$/m.test(opts)) return { ok: true, json: JSON.stringify(expandedDocument(root, title)) };
  const filter = /^#FieldFilter: (.*)$/m.exec(opts)?.[1]?.trim();
  const naming = /^#NameFunc: (.*)$/m.exec(opts)?.[1]?.trim();
  const version = /^#Version: 3\.1/m.test(opts) ? "3.1.0" : "3.0.0";
  const document = openApiDocument(root, {
    version,
    ...(title !== undefined && { title }),
    ...(filter !== undefined && { without: new RegExp(filter) }),
    ...(naming !== undefined && namings[naming] !== undefined && { nameOf: namings[naming] }),
    ...(/^#DescriptionFunc: randomish$/m.test(opts) && { descriptionOf: randomish }),
  });
  return { ok: true, json: JSON.stringify(document) };
}

/** A value that is a document itself, completed. */
function answerComplete(root: Value, opts: string): Answer {
  const version = /^#Version: (3\.[01])/m.exec(opts)?.[1] as "3.0" | "3.1" | undefined;
  const naming = namings[/^#NamesFunc: (.*)$/m.exec(opts)?.[1]?.trim() ?? ""];
  const document = completeOpenApi(root, {
    ...(version !== undefined && { version }),
    allSchemas: /^#AllSchemas$/m.test(opts),
    ...(naming !== undefined && { nameOf: (path: string) => naming(path) ?? path }),
    ...(/^#DescriptionFunc: randomish$/m.test(opts) && { descriptionOf: randomish }),
  });
  return { ok: true, json: JSON.stringify(document) };
}

function randomish(): string {
  return "Randomly picked description from a set of size one.";
}

const namings: Readonly<Record<string, (path: string) => string | undefined>> = {
  toUpper: (path) => path.replaceAll("#", "").replaceAll(".", "_").toUpperCase(),
  excludeExcluded: (path) => (path.startsWith("#Excluded") ? undefined : path.replaceAll("#", "")),
};

/** The comment that stands at the head of the first file. */
function titleOf(item: CueCase): string | undefined {
  const { file } = parseFile(item.files[item.entry[0] ?? ""] ?? "");
  const [first] = file.decls;
  const clause = file.decls.find((decl) => decl.kind === "package");
  const groups = clause?.comments ?? file.comments ?? (first?.kind === "comments" ? [first] : []);
  const text = groups[0]?.lines
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n")
    .trim();
  return text === "" ? undefined : text;
}

function expandedDocument(root: Value, title: string | undefined): JsonObject {
  const schemas: Record<string, JsonValue> = {};
  for (const { selector, value } of root.fields({ definitions: true })) {
    if (!selector.startsWith("#")) continue;
    const { schema } = exportSchema(value, { dialect: "openapi-3.0", references: "expand", root });
    schemas[selector.slice(1)] = schema as JsonObject;
  }
  return { ...openApiDocument(root, title === undefined ? {} : { title }), components: { schemas } };
}
