/** What a definition says of a user's properties: wrong values, undeclared and missing ones, with paths and places. */
import { type Diagnostic, type Fix, type JsonObject, type JsonValue, type Pos, isJsonObject } from "@lateen/base";
import type { Value } from "@lateen/cue";
import type { KubeObject } from "@lateen/objects";
import { type Declaration, declarationOf, makesParameterWhole } from "../definition/declaration.ts";
import { sourceOf, templateOf } from "../definition/definition-set.ts";
import { lookupPath } from "@lateen/workflow";
import { sorted } from "../render/context.ts";
import { leavesOf } from "../why/leaves.ts";
import { amountMeant } from "./amounts.ts";
import { renameFix, suggested, valueMeant } from "./fixes.ts";
import { isSecretProperty, withoutValues } from "../render/covered-message.ts";
import { withoutFieldAt } from "../render/field-path.ts";
import { compileTemplate, renderContext } from "../render/template.ts";

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
function declaredAt(definition: KubeObject, declared: Declaration | undefined): string {
  if (declared === undefined) return "";
  const { source, lineOffset } = sourceOf(definition);
  return ` (declared at ${source}:${declared.pos.line + lineOffset})`;
}

const declaration = (definition: KubeObject, path: Path): Declaration | undefined =>
  declarationOf(templateOf(definition) ?? "", path);

/** A type as a person reads it: `int`, `"Always" or "Never"`, `a list`. */
function typeText(declared: Declaration | undefined): string | undefined {
  if (declared === undefined) return undefined;
  if (declared.type !== undefined) return declared.type;
  return declared.kind === "struct" ? "an object" : declared.kind === "list" ? "a list" : undefined;
}

function foundText(value: JsonValue | undefined, isSecret: boolean): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  if (isSecret && value !== null) return `a ${typeof value}`;
  return typeof value === "string" ? `${JSON.stringify(value)} (a string)` : JSON.stringify(value);
}

const kinds: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  string: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  int: (value) => typeof value === "number",
  number: (value) => typeof value === "number",
  float: (value) => typeof value === "number",
};

/** Of an object that is wrong as a whole: the value in it that is of another type than declared, where there is one. */
function wrongLeaf(definition: KubeObject, properties: JsonObject | undefined, path: Path): Path {
  const found = lookupPath(properties ?? {}, path);
  if (!isJsonObject(found) || declaration(definition, path)?.kind !== "struct") return path;
  const wrong = leavesOf(found).find(({ path: below, value }) => {
    const words = declaration(definition, [...path, ...below])?.type?.split(" or ") ?? [];
    return words.length > 0 && words.every((word) => Object.hasOwn(kinds, word) && !kinds[word]!(value));
  });
  return wrong === undefined ? path : [...path, ...wrong.path];
}

/** A fault that rendering found in `parameter…` as one of the user's properties. */
export function parameterFault(
  fault: Diagnostic,
  { definition, properties, prefix }: { definition: KubeObject; properties: JsonObject | undefined; prefix: Path },
): Diagnostic {
  const inner =
    fault.code === "incomplete" ? fault.path.slice(1) : wrongLeaf(definition, properties, fault.path.slice(1));
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
  const isSecret = isSecretProperty(properties, inner);
  const value = type === undefined || isSecret ? undefined : meantValue(type, found, declared);
  const amount = value === undefined && fault.message.includes("=~") ? amountIn(found) : undefined;
  const meant = value ?? amount?.value;
  const suggestion = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
  const message =
    type === undefined
      ? `${isSecret ? withoutValues(fault.message) : fault.message}${suggestion}${place}`
      : `expected ${type}, found ${foundText(found, isSecret)}${suggestion}${place}`;
  const isCertain = meant !== undefined && amount?.isCertain !== false;
  const fix: Fix | undefined = isCertain ? { kind: "replace", path, value: meant } : undefined;
  return { code: "parameter-wrong", message, path, pos, causes: [], ...(fix === undefined ? {} : { fix }) };
}

/** The amount that a text stands for, where a pattern asks for one. */
const amountIn = (found: JsonValue | undefined): ReturnType<typeof amountMeant> =>
  typeof found === "string" ? amountMeant(found) : undefined;

/** The value that was surely meant: of the declared type, or the only element of the list that is wanted. */
function meantValue(
  type: string,
  found: JsonValue | undefined,
  declared: Declaration | undefined,
): JsonValue | undefined {
  const isPlain = typeof found === "string" || typeof found === "number";
  return declared?.kind === "list" && isPlain ? [found] : valueMeant(type, found);
}

const maxRounds = 50;

/** Paths of properties that the closed parameter refuses; each round takes away what the last one found. */
function refusedPaths(definition: KubeObject, properties: JsonObject): readonly Path[] {
  const strict = strictParameter(definition).lookupPath(strictField);
  if (!strict.exists) return [];
  const found: Path[] = [];
  let left: JsonValue | undefined = sorted(properties);
  for (let round = 0; round < maxRounds && isJsonObject(left); round++) {
    const faults = strict
      .fillPath("", left)
      .validate()
      .filter(({ message }) => message.includes("field not allowed"));
    if (faults.length === 0) break;
    for (const fault of faults) {
      const path = relativePath(fault.path);
      found.push(path);
      left = withoutFieldAt(left, path);
    }
  }
  return found;
}

/**
 * Whether a property lies in a struct that is declared as `{}`, which means any fields (`data: {}`). A whole `parameter: {}`
 * means that there are none, unless the template hands it on as it is.
 */
function isFree(definition: KubeObject, path: Path): boolean {
  if (declaration(definition, path.slice(0, -1))?.isBlank !== true) return false;
  return path.length > 1 || makesParameterWhole(templateOf(definition) ?? "");
}

/** Properties that the definition does not declare, each with the nearest name that it does. */
export function undeclaredParameters(
  definition: KubeObject,
  properties: JsonObject | undefined,
  prefix: Path,
): readonly Diagnostic[] {
  if (properties === undefined) return [];
  // An element of a list is no field: of it something else is wrong.
  const refused = refusedPaths(definition, properties).filter(
    (path) => typeof path.at(-1) !== "number" && !isFree(definition, path),
  );
  return refused.map((path) => {
    const name = String(path.at(-1) ?? "");
    const siblings = namesAt(definition, path.slice(0, -1));
    const shown = path.length === 1 ? name : path.join(".");
    return {
      code: "parameter-undeclared",
      message: `${definition.metadata.name ?? ""} has no parameter ${JSON.stringify(shown)}${suggested(name, siblings)}`,
      path: [...prefix, ...path],
      causes: [],
      ...(siblings.length === 0 ? {} : { help: `it has ${siblings.join(", ")}` }),
      ...renameFix([...prefix, ...path], siblings, givenBeside(properties, path)),
    };
  });
}

/** The struct that a property stands in. */
function givenBeside(properties: JsonObject, path: Path): JsonObject | undefined {
  const beside = lookupPath(properties, path.slice(0, -1));
  return isJsonObject(beside) ? beside : undefined;
}

/** Undeclared parameters at the top level only, as KubeVela looks for them. */
export function topUndeclared(definition: KubeObject, properties: JsonObject | undefined): readonly string[] {
  const refused = properties === undefined ? [] : refusedPaths(definition, properties);
  return refused.filter(({ length }) => length === 1).map(([name]) => String(name));
}

const relativePath = (path: Path): Path => (path[0] === strictField || path[0] === "parameter" ? path.slice(1) : path);

function namesAt(definition: KubeObject, path: Path): readonly string[] {
  return declaration(definition, path)?.names ?? [];
}

/** Parameters that the definition needs and nobody gives; paths in `parameter`, in the order of declaration. */
export function missingParameters(
  definition: KubeObject,
  { properties, context }: { properties: JsonObject | undefined; context: JsonObject },
): readonly Diagnostic[] {
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  return missingIn(template.fillPath("", { context: sorted(context), parameter: sorted(properties ?? {}) }));
}

/** The same of a template that is filled already. */
export function missingIn(filled: Value): readonly Diagnostic[] {
  const parameter = filled.lookupPath("parameter");
  if (!parameter.exists) return [];
  return parameter
    .validate({ concrete: true, final: true })
    .filter(({ code }) => code === "incomplete")
    .map((fault) => ({ ...fault, path: ["parameter", ...relativePath(fault.path)] }));
}

/** All that is wrong with the properties of a step or policy, by its definition. */
export function propertyFaults(
  definition: KubeObject,
  {
    properties,
    context,
    prefix,
    isSupplied = () => false,
  }: { properties: JsonObject | undefined; context: JsonObject; prefix: Path; isSupplied?: (path: Path) => boolean },
): readonly Diagnostic[] {
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  const filled = template.fillPath("", { context: sorted(context), parameter: sorted(properties ?? {}) });
  const wrong = filled.validate().filter(({ path }) => path[0] === "parameter" && path.length > 1);
  const missing = missingParameters(definition, { properties, context }).filter(
    ({ path }) => !isSupplied(path.slice(1)),
  );
  const placed = [...wrong, ...(wrong.length > 0 ? [] : missing)].map((one) =>
    parameterFault(one, { definition, properties, prefix }),
  );
  return [...undeclaredParameters(definition, properties, prefix), ...placed];
}
