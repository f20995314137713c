/** Checks of the CUE texts in `attributes.status` (kubevela-definitions.md 4.1). */
import { type Expr, type Field, type File, parseFile, unquote } from "@lateen/cue";
import { labelName } from "./literal-json.ts";

export type StatusField = "healthPolicy" | "customStatus" | "details";

/** What is wrong with a text, or undefined. An empty one is fine. */
export function statusTextFault(field: StatusField, text: string): string | undefined {
  if (text.trim() === "") return undefined;
  const { file, diagnostics } = parseFile(text, { filename: `attributes.status.${field}` });
  const [fault] = diagnostics;
  if (fault !== undefined) return `invalid cue content in string literal: ${fault.message}`;
  if (field === "details") return detailsFault(file);
  return field === "healthPolicy"
    ? resultFault(file, field, {
        name: "isHealth",
        accepts: isBoolean,
        wanted: "must be a boolean literal (true/false)",
      })
    : resultFault(file, field, { name: "message", accepts: isText, wanted: "must be a string" });
}

interface Wanted {
  readonly name: string;
  readonly accepts: (expr: Expr) => boolean;
  readonly wanted: string;
}

function resultFault(file: File, field: StatusField, { name, accepts, wanted }: Wanted): string | undefined {
  const found = fieldsNamed(file.decls, name);
  if (found.length === 0) return `${field} must contain a '${name}' field`;
  const wrong = found.find(({ value }) => !accepts(value));
  return wrong === undefined ? undefined : `${field} field '${name}' ${wanted}, got ${kindText(wrong.value)}`;
}

/** Fields of a name at the top level and inside top-level conditions. */
function fieldsNamed(decls: File["decls"], name: string, depth = 0): readonly Field[] {
  if (depth > 50) return [];
  return decls.flatMap((decl) => {
    if (decl.kind === "field") return labelName(decl.label) === name ? [decl] : [];
    if (decl.kind === "comprehension") return fieldsNamed(decl.body.decls, name, depth + 1);
    return [];
  });
}

function isBoolean(expr: Expr): boolean {
  if (expr.kind === "literal") return expr.type === "true" || expr.type === "false";
  return ["ident", "selector", "index", "call", "unary", "binary", "paren"].includes(expr.kind);
}

function isText(expr: Expr): boolean {
  if (expr.kind === "literal") return expr.type === "string";
  return !["struct", "bottom", "bad-expr"].includes(expr.kind);
}

function detailsFault(file: File): string | undefined {
  for (const decl of file.decls) {
    if (decl.kind !== "field") continue;
    const name = labelName(decl.label) ?? "";
    if (name.startsWith("$")) continue;
    if (decl.attributes.some((attribute) => attribute.name === "local" || attribute.name === "private")) continue;
    if (decl.value.kind === "struct" || decl.value.kind === "list")
      return `status.details field "${name}" contains unsupported expression type: a ${decl.value.kind}`;
  }
  return undefined;
}

function kindText(expr: Expr): string {
  return expr.kind === "literal" ? expr.type.toUpperCase() : expr.kind;
}

/** The text of a string literal. */
export function textOfLiteral(text: string): string | undefined {
  const literal = unquote(text);
  return literal.kind === "string" ? literal.value : undefined;
}
