import type { Diagnostic } from "@lateen/base";
import type { BasicLit, Decl, Expr, Field, File } from "../syntax/ast.ts";
import { quoteString } from "../syntax/quote.ts";

/**
 * Values that the caller gives to fields marked `@tag(key)`: `key=value`, or one of the field's `short=a|b` words alone.
 * The value is unified with the field's own; it is text, unless `type=int`, `number` or `bool` says otherwise. `type` and
 * `short` are as the reference has them (cue help injection); `var` is not known, as nothing of the machine is.
 */
export function injectTags(files: readonly File[], tags: readonly string[]): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const given = new Map(
    tags.flatMap((tag): [string, string][] => {
      const at = tag.indexOf("=");
      return at < 0 ? [] : [[tag.slice(0, at), tag.slice(at + 1)]];
    }),
  );
  const words = new Set(tags.filter((tag) => !tag.includes("=")));
  if (given.size === 0 && words.size === 0) return diagnostics;
  const unused = new Set(given.keys());
  for (const file of files) {
    for (const { field, key, type, short } of taggedFields(file)) {
      const value = given.get(key) ?? short.find((word) => words.has(word));
      if (value === undefined) continue;
      unused.delete(key);
      const literal = literalOf(value, type, field.start);
      if (literal === undefined)
        diagnostics.push(
          problem(`invalid value ${JSON.stringify(value)} for tag ${key} of type ${type}`, file, field.start),
        );
      else (field as { value: Expr }).value = joined(field.value, literal);
    }
  }
  for (const key of unused) diagnostics.push(problem(`no tag for ${JSON.stringify(key)}`, undefined, 0));
  return diagnostics;
}

interface TaggedField {
  readonly field: Field;
  readonly key: string;
  readonly type: string;
  readonly short: readonly string[];
}

/** Fields with the attribute, in literal structs; those of comprehensions and lists are no places for values from outside. */
function* taggedFields(file: File): Generator<TaggedField> {
  const stack: Decl[] = [...file.decls].reverse();
  for (let decl = stack.pop(); decl !== undefined; decl = stack.pop()) {
    if (decl.kind !== "field") continue;
    for (const { name, body } of decl.attributes) {
      if (name !== "tag") continue;
      const [key = "", ...options] = body.split(",").map((part) => part.trim());
      const option = (wanted: string): string | undefined =>
        options.find((text) => text.startsWith(`${wanted}=`))?.slice(wanted.length + 1);
      yield { field: decl, key, type: option("type") ?? "string", short: option("short")?.split("|") ?? [] };
    }
    if (decl.value.kind === "struct") stack.push(...[...decl.value.decls].reverse());
  }
}

function literalOf(value: string, type: string, start: number): Expr | undefined {
  const literal = (kind: BasicLit["type"], text: string): Expr => {
    const place = { start, end: start };
    if (kind === "string" || !text.startsWith("-")) return { kind: "literal", type: kind, text, ...place };
    return { kind: "unary", op: "-", expr: literal(kind, text.slice(1)), ...place };
  };
  switch (type) {
    case "string":
      return literal("string", quoteString(value));
    case "bool":
      return value === "true" || value === "false" ? literal(value, value) : undefined;
    case "int":
      return /^-?(?:0|[1-9][0-9]*)$/.test(value) ? literal("int", value) : undefined;
    case "number":
      if (/^-?(?:0|[1-9][0-9]*)$/.test(value)) return literal("int", value);
      return /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(value) ? literal("float", value) : undefined;
    default:
      return undefined;
  }
}

function joined(left: Expr, right: Expr): Expr {
  return { kind: "binary", op: "&", left, right, opStart: left.start, start: left.start, end: left.end };
}

function problem(message: string, file: File | undefined, offset: number): Diagnostic {
  return {
    code: "compile",
    message,
    severity: "error",
    ...(file !== undefined && { pos: file.posOf(offset) }),
    path: [],
    causes: [],
  };
}
