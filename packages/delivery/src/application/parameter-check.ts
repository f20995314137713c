/** What a definition says of a user's properties: wrong values, undeclared and missing ones, with paths and places. */
import { type Diagnostic, type JsonObject, type JsonValue, type Pos, isJsonObject } from "@lateen/base";
import type { Value } from "@lateen/cue";
import type { KubeObject } from "@lateen/objects";
import { sourceOf, suggestion, templateOf } from "../definition/definition-set.ts";
import { lookupPath } from "@lateen/workflow";
import { sorted } from "../render/context.ts";
import { compileTemplate, renderContext } from "../render/template.ts";
import { fieldName } from "../render/tree.ts";

type Path = readonly (string | number)[];

const strictField = "#lateenStrict";
const strictTemplates = new WeakMap<KubeObject, Value>();

/** `parameter` of a definition as CUE closes it: what it declares and nothing else. */
function strictParameter(definition: KubeObject): Value {
  const known = strictTemplates.get(definition);
  if (known !== undefined) return known;
  const text = `${templateOf(definition) ?? ""}\ncontext: _\n${strictField}: parameter\n`;
  const value = renderContext().compile(text, { filename: sourceOf(definition).source });
  strictTemplates.set(definition, value);
  return value;
}

/** ` (declared at definitions/components/webservice.cue:120)`, or nothing. */
function declaredAt(definition: KubeObject, value: Value | undefined): string {
  const pos = value === undefined || !value.exists ? undefined : value.pos;
  const { source, lineOffset } = sourceOf(definition);
  return pos === undefined || pos.line < 1 ? "" : ` (declared at ${source}:${pos.line + lineOffset})`;
}

/** The declaration of a parameter: list elements by the list's element type. */
function declaration(definition: KubeObject, path: Path): Value | undefined {
  let value = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source).lookupPath("parameter");
  for (const part of path) {
    if (!value.exists) return undefined;
    const direct = value.lookupPath(typeof part === "number" ? "[_]" : selectorOf(part));
    value = direct.exists ? direct : optionalField(value, String(part));
  }
  return value.exists ? value : undefined;
}

const selectorOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function optionalField(value: Value, name: string): Value {
  const found = value
    .fields({ optional: true })
    .find(({ selector }) => fieldName(selector.replace(/[?!]$/, "")) === name);
  return found?.value ?? value.lookupPath("lateenNothing");
}

/** A type as a person reads it: `int`, `"Always" or "Never"`, `a list`. */
function typeText(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = value
    .syntax()
    .replaceAll(/\/\/[^\n]*/g, "")
    .trim();
  if (text.length <= 80 && !text.includes("\n") && text !== "")
    return text.replaceAll(" | ", " or ").replace(/^\*/, "").replaceAll(" or *", " or ");
  const { incompleteKind } = value;
  return incompleteKind === "struct" ? "an object" : incompleteKind === "list" ? "a list" : incompleteKind;
}

function foundText(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return typeof value === "string" ? `${JSON.stringify(value)} (a string)` : JSON.stringify(value);
}

/** A fault that rendering found in `parameter…` as one of the user's properties. */
export function parameterFault(
  fault: Diagnostic,
  { definition, properties, prefix }: { definition: KubeObject; properties: JsonObject | undefined; prefix: Path },
): Diagnostic {
  const inner = fault.path.slice(1);
  const declared = declaration(definition, inner);
  const place = declaredAt(definition, declared);
  const pos: Pos | undefined = fault.pos;
  const path = [...prefix, ...inner];
  if (fault.code === "incomplete") {
    const type = typeText(declared);
    return {
      code: "parameter-missing",
      message: `a value is required${type === undefined ? "" : `: ${type}`}${place}`,
      path,
      pos,
      causes: [],
    };
  }
  const found = lookupPath(properties ?? {}, inner);
  const type = typeText(declared);
  const message =
    type === undefined ? `${fault.message}${place}` : `expected ${type}, found ${foundText(found)}${place}`;
  return { code: "parameter-wrong", message, path, pos, causes: [] };
}

/** Properties that the definition does not declare, each with the nearest name that it does. */
export function undeclaredParameters(
  definition: KubeObject,
  properties: JsonObject | undefined,
  prefix: Path,
): readonly Diagnostic[] {
  if (properties === undefined) return [];
  const strict = strictParameter(definition).lookupPath(strictField);
  if (!strict.exists) return [];
  const faults = strict.fillPath("", sorted(properties)).validate();
  return faults
    .filter(({ message }) => message.includes("field not allowed"))
    .map((fault) => {
      const inner = relativePath(fault.path);
      const name = String(inner.at(-1) ?? "");
      const siblings = namesAt(definition, inner.slice(0, -1));
      return {
        code: "parameter-undeclared",
        message: `${definition.metadata.name ?? ""} has no parameter ${inner.length === 1 ? JSON.stringify(name) : JSON.stringify(inner.join("."))}${suggestion(name, siblings)}`,
        path: [...prefix, ...inner],
        causes: [],
        ...(siblings.length === 0 ? {} : { help: `it has ${siblings.join(", ")}` }),
      };
    });
}

const relativePath = (path: Path): Path => (path[0] === strictField || path[0] === "parameter" ? path.slice(1) : path);

function namesAt(definition: KubeObject, path: Path): readonly string[] {
  const value = declaration(definition, path);
  if (value === undefined || value.incompleteKind !== "struct") return [];
  return value.fields({ optional: true }).map(({ selector }) => fieldName(selector.replace(/[?!]$/, "")));
}

/** Parameters that the definition needs and nobody gives; paths in `parameter`, in the order of declaration. */
export function missingParameters(
  definition: KubeObject,
  { properties, context }: { properties: JsonObject | undefined; context: JsonObject },
): readonly Diagnostic[] {
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  const parameter = template
    .fillPath("", { context: sorted(context), parameter: sorted(properties ?? {}) })
    .lookupPath("parameter");
  if (!parameter.exists) return [];
  return parameter
    .validate({ concrete: true, final: true })
    .filter(({ code }) => code === "incomplete")
    .map((fault) => ({ ...fault, path: ["parameter", ...relativePath(fault.path)] }));
}
