import { CueValue } from "../../src/cue-value.ts";
import { Context, CueError, type SyntaxOptions, type Value, parsePath } from "../../src/index.ts";
import { formatLabel, isDefinition, isHidden } from "../../src/eval/label.ts";
import { formatExpr } from "../../src/eval/format.ts";
import { formatKind as publicKind } from "../../src/eval/kind.ts";
import { target } from "../../src/eval/vertex.ts";
import type { Label } from "../../src/eval/label.ts";
import type { Answer, ProgramCase } from "../case.ts";
import { problemsOf, reportOf } from "./outcome.ts";
import { filled, valueOf } from "./program.ts";

/** One call of the interface. */
export function answerApi(item: ProgramCase): Answer {
  if (item.op === "parsePath") return { result: parsedPath(item.arg ?? "") };
  const context = new Context();
  // Fills are of the value that is asked for.
  const root = valueOf(item.op === "fill" ? { ...item, fills: [] } : item, context);
  const found = item.path === undefined ? root : root.lookupPath(item.path);
  const value = item.op === "fill" ? filled(found, item, context) : found;
  const options = new Set((item.opts as readonly string[] | undefined) ?? []);
  const call = calls[item.op ?? ""];
  if (call === undefined) throw new Error(`no answer for ${item.op}`);
  return { result: call({ value, root, at: item.path ?? "", arg: item.arg ?? "", options }) };
}

interface Call {
  readonly value: Value;
  readonly root: Value;
  readonly at: string;
  readonly arg: string;
  readonly options: ReadonlySet<string>;
}

const calls: Readonly<Record<string, (call: Call) => unknown>> = {
  lookup: ({ value, at }) => ({ ...described(value), ...("error" in parsePath(at) && { exists: true }) }),
  kind: ({ value }) => ({
    closed: value.kind === "struct" && isClosed(value),
    closedRecursively: value.kind === "struct" && isClosed(value) && isClosedRecursively(value),
    concrete: value.exists && (ownKind(value) !== "bottom" || value.err !== undefined),
    exists: value.exists,
    incompleteKind: problemsOf(value).length > 0 ? "_|_" : kindText(value.incompleteKind),
    kind: problemsOf(value).length > 0 ? "_|_" : kindText(ownKind(value)),
  }),
  fields: ({ value, options }) => fields(value, options),
  default: ({ value }) => {
    const { value: chosen, exists } = value.default();
    return { hasDefault: exists || hasElementDefault(value), syntax: chosen.syntax() };
  },
  unify: ({ value, root, arg }) => withJson(value.unify(root.lookupPath(arg))),
  subsume: ({ value, root, arg, options }) => {
    const subsumes = value.subsumes(root.lookupPath(arg), {
      final: options.has("final"),
      schema: options.has("schema"),
    });
    return subsumes ? { subsumes } : { error: "not subsumed", subsumes };
  },
  equals: ({ value, root, arg }) => ({ equals: value.equals(root.lookupPath(arg)) }),
  validate: ({ value, options }) => {
    const fatal = problemsOf(value);
    const errors =
      fatal.length > 0 || !(options.has("concrete") || options.has("disallow-cycles"))
        ? fatal
        : problemsOf(value, { concrete: true });
    const counted =
      options.has("disallow-cycles") && !options.has("concrete")
        ? errors.filter((error) => error.code !== "incomplete")
        : errors;
    return counted.length === 0 ? { valid: true } : { errors: counted.map(reportOf), valid: false };
  },
  err: ({ value }) => {
    const errors = value.exists ? problemsOf(value) : [value.err!];
    const own = errors.length > 0 ? errors : value.err === undefined ? [] : [value.err];
    return { err: own.length === 0 ? null : own.map(reportOf) };
  },
  allows: ({ value, arg }) => ({
    allows: value.allows(arg === "any-string" ? "[string]" : arg === "any-index" ? "[_]" : arg),
  }),
  expr: ({ value }) => {
    const { op, operands } = value.expr();
    return { args: operands.map((operand) => operand.syntax({ raw: true })), op };
  },
  referencePath: ({ value }) => ({ path: value.referencePath()?.path ?? "" }),
  doc: ({ value }) => ({ doc: value.doc.map((text) => `${text}\n`) }),
  attributes: ({ value }) => ({
    attributes: [...value.attributes(), ...value.attributes("decl")].map(({ name, body }) => ({
      args: attributeArguments(body),
      contents: body,
      kind: "field",
      name,
    })),
  }),
  syntax: ({ value, options }) => ({ text: value.syntax(syntaxOptions(options)) }),
  fill: ({ value }) => withJson(value),
  json: ({ value }) => attempt(() => value.toJSONText()),
  int64: ({ value }) => number(value, "int"),
  uint64: ({ value }) => number(value, "int", 0n),
  float64: ({ value }) => number(value, "float"),
  string: ({ value }) => scalar(value, ["string"], (json) => json),
  bytes: ({ value }) =>
    scalar(value, ["bytes", "string"], (json, kind) => hex(kind === "bytes" ? atob(String(json)) : String(json))),
  bool: ({ value }) => scalar(value, ["bool"], (json) => String(json)),
  null: ({ value }) => scalar(value, ["null"], () => "null"),
  decode: ({ value }) => ({ value: value.kind === "bottom" ? null : value.toJSON() }),
  len: ({ value }) => {
    const holder = value.kind;
    if (holder === "list") return { syntax: String(value.elements().length) };
    if (holder === "string" || holder === "bytes")
      return { syntax: String(new TextEncoder().encode(JSON.stringify(value.toJSON()).slice(1, -1)).length) };
    return { err: `len not supported for type ${kindText(holder)}`, syntax: "_|_" };
  },
  path: ({ value }) => ({ path: value instanceof CueValue ? value.pathText : "" }),
  pos: ({ value }) => ({
    pos: value.pos === undefined ? "" : `${value.pos.source}:${value.pos.line}:${value.pos.column}`,
  }),
  elements: ({ value }) =>
    value.kind === "list"
      ? { elements: value.elements().map((element) => element.syntax()) }
      : { error: "cannot use value as list" },
  walk: ({ value }) => ({ visits: walk(value) }),
};

function kindText(kind: string): string {
  return kind === "bottom" ? "_|_" : kind === "top" ? "_" : kind.includes("|") ? `(${kind})` : kind;
}

function described(value: Value): object {
  const result = {
    exists: value.exists,
    incompleteKind: kindText(value.incompleteKind),
    kind: kindText(ownKind(value)),
    syntax: value.syntax(),
  };
  return value.err === undefined ? result : { ...result, err: value.err.message };
}

/** A choice that is still open has no kind yet, even where it has a default. */
function ownKind(value: Value): string {
  return value instanceof CueValue && value.vertex.base?.tag === "disjunction" ? "bottom" : value.kind;
}

function withJson(value: Value): object {
  const errors = [...problemsOf(value)];
  const result = described(value);
  if (errors.length > 0) return { ...result, incompleteKind: "_|_", kind: "_|_", err: errors[0]!.message };
  return problemsOf(value, { concrete: true }).length > 0 ? result : { ...result, json: value.toJSONText() };
}

function isClosed(value: Value): boolean {
  return value instanceof CueValue && value.isClosed;
}

function isClosedRecursively(value: Value): boolean {
  return (
    value.referencePath() !== undefined ||
    value.fields().every(({ value: field }) => field.kind !== "struct" || isClosed(field))
  );
}

function hasElementDefault(value: Value): boolean {
  return value.incompleteKind === "list" && value.allows("[_]");
}

function fields(value: Value, options: ReadonlySet<string>): object {
  const errors = problemsOf(value);
  if (value.kind !== "struct") return { error: errors[0]?.message ?? "cannot use value as struct" };
  const all = options.has("all");
  const listed = value.fields({
    optional: true,
    definitions: all || options.has("definitions") || options.has("hidden"),
    hidden: all || options.has("hidden"),
  });
  const withOptional = all || options.has("optional");
  return {
    fields: [
      ...(options.has("patterns") ? patternsOf(value) : []),
      ...listed
        .filter((field) => withOptional || !field.optional)
        .map((field) => ({
          constraint: !withOptional
            ? "NoLabels"
            : field.optional
              ? "OptionalConstraint"
              : field.required
                ? "RequiredConstraint"
                : "NoLabels",
          kind: fieldKind(field.value, field.required && !withOptional),
          optional: field.optional,
          selector: `${field.selector}${withOptional ? (field.optional ? "?" : field.required ? "!" : "") : ""}`,
        })),
    ],
  };
}

function patternsOf(value: Value): object[] {
  const patterns = value instanceof CueValue ? (target(value.vertex).patterns ?? []) : [];
  return patterns.map(({ filter, value: constraint }) => ({
    constraint: "PatternConstraint",
    kind:
      constraint.kind === "value" && constraint.value.tag === "type"
        ? kindText(publicKind(constraint.value.kind))
        : "_",
    optional: false,
    selector: `[${formatExpr(filter)}]`,
  }));
}

function fieldKind(value: Value, isMissing: boolean): string {
  return isMissing || problemsOf(value).length > 0 ? "_|_" : kindText(value.incompleteKind);
}

function attempt(read: () => string): object {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof CueError) return { error: error.message };
    throw error;
  }
}

function number(value: Value, kind: "int" | "float", least = -(2n ** 63n)): object {
  const json = attempt(() => value.toJSONText()) as { value?: string };
  if (json.value === undefined || (value.kind !== "int" && value.kind !== "float"))
    return { error: `cannot use value as ${kind}` };
  if (kind === "float") return { value: String(Number(json.value)) };
  if (value.kind !== "int") return { error: "cannot use value as int" };
  const whole = BigInt(json.value);
  const most = least === 0n ? 2n ** 64n - 1n : 2n ** 63n - 1n;
  return whole < least || whole > most ? { error: "value was rounded" } : { value: String(whole) };
}

function scalar(value: Value, kinds: readonly string[], read: (json: unknown, kind: string) => unknown): object {
  if (!kinds.includes(value.kind)) return { error: `cannot use value as ${kinds[0]}` };
  return { value: read(value.toJSON(), value.kind) };
}

function hex(text: string): string {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(2, "0")).join("");
}

function attributeArguments(body: string): [string, string][] {
  const parts = body.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/g) ?? [""];
  return parts.map((part) => {
    const text = part.trim();
    const found = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(text);
    const plain = (given: string): string => (given.startsWith('"') ? (JSON.parse(given) as string) : given);
    return found === null ? [plain(text), ""] : [found[1]!, plain(found[2]!)];
  });
}

function syntaxOptions(options: ReadonlySet<string>): SyntaxOptions {
  return {
    final: options.has("final"),
    concrete: options.has("concrete"),
    definitions: options.has("definitions") || options.has("all"),
    hidden: options.has("hidden") || options.has("all"),
    optional: options.has("optional") || options.has("all"),
    ...(options.has("attributes") && { attributes: true }),
    docs: options.has("docs"),
    raw: options.has("raw"),
  };
}

function walk(value: Value): string[] {
  const path = value instanceof CueValue ? value.pathText : "";
  const inner =
    value.kind === "list"
      ? value.elements()
      : value
          .fields()
          .filter((field) => !field.required)
          .map((field) => field.value);
  return [`> ${path}`, ...inner.flatMap(walk), `< ${path}`];
}

function parsedPath(text: string): object {
  const labels = parsePath(text);
  if ("error" in labels) return { error: labels.error };
  const selectors = (labels as readonly Label[]).map((label) => {
    const type = typeof label === "number" ? "IndexLabel" : isDefinition(label) ? "DefinitionLabel" : "StringLabel";
    return { label: type, text: formatLabel(label), type };
  });
  if ((labels as readonly Label[]).some((label) => isHidden(label))) return { error: "hidden labels need a package" };
  return { selectors, text: pathOf(labels as readonly Label[]) };
}

function pathOf(labels: readonly Label[]): string {
  let text = "";
  for (const label of labels)
    text += typeof label === "number" ? `[${label}]` : text === "" ? formatLabel(label) : `.${formatLabel(label)}`;
  return text;
}
