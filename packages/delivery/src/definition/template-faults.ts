/**
 * What a template's text alone proves wrong: its syntax, names that nothing declares, contradictions that no parameter can
 * heal, functions of `vela/*` that do not exist, provider calls that nobody answers.
 */
import { type Diagnostic, type Pos, nearestName } from "@lateen/base";
import { type Field, type File, parseFile } from "@lateen/cue";
import { velaPackagePaths } from "@lateen/workflow";
import { compileTemplate, renderContext } from "../render/template.ts";
import { labelName, literalJson } from "./literal-json.ts";

/** Whether a provider answers an operation: `("kube", "apply")`. */
export type KnowsOperation = (provider: string, operation: string) => boolean;

interface Node {
  readonly kind: string;
  readonly start: number;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Partial<Node>).kind === "string";

/** Every node of a file, in its order, without recursion. */
function* nodesOf(file: File): Generator<Node> {
  const stack: unknown[] = [...file.decls].toReversed();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (isNode(next)) yield next;
    const members: readonly unknown[] = Array.isArray(next) ? next : Object.values(next as object);
    for (let i = members.length - 1; i >= 0; i--) {
      const member = members[i];
      if (typeof member === "object" && member !== null) stack.push(member);
    }
  }
}

/** @param source names the text in places. */
export function templateFaults(text: string, source: string, knows: KnowsOperation | undefined): readonly Diagnostic[] {
  const { file, diagnostics } = parseFile(text, { filename: source });
  if (diagnostics.length > 0) return diagnostics;
  const compiled = compileTemplate(text, source).validate();
  return [...compiled, ...unknownFunctions(file), ...(knows === undefined ? [] : unknownOperations(file, knows))];
}

const fault = (message: string, pos: Pos, help?: string): Diagnostic => ({
  code: "definition-template",
  message,
  path: [],
  pos,
  causes: [],
  ...(help === undefined ? {} : { help }),
});

const packageNames = new Map<string, ReadonlySet<string>>();

/** The definitions of a `vela/*` package, which is opened to nobody else and thus never changes. */
function definitionsOf(path: string): ReadonlySet<string> {
  const known = packageNames.get(path);
  if (known !== undefined) return known;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const value = renderContext().compile(`import "${path}"\nall: ${name}\n`, { filename: path }).lookupPath("all");
  const names = new Set(
    value.fields({ definitions: true }).flatMap(({ selector }) => (selector.startsWith("#") ? [selector] : [])),
  );
  packageNames.set(path, names);
  return names;
}

/** `op.#Aply`: the package is there, the function is not. */
function unknownFunctions(file: File): readonly Diagnostic[] {
  const imported = new Map(
    file.imports
      .filter(({ importPath }) => velaPackagePaths.includes(importPath))
      .map(({ localName, importPath }) => [localName, importPath]),
  );
  if (imported.size === 0) return [];
  const found: Diagnostic[] = [];
  for (const node of nodesOf(file)) {
    if (node.kind !== "selector") continue;
    const { expr, selector } = node as unknown as {
      expr: Node & { name?: string };
      selector: Node & { name?: string };
    };
    const path = expr.kind === "ident" ? imported.get(expr.name ?? "") : undefined;
    const { name } = selector;
    if (path === undefined || name === undefined || !name.startsWith("#")) continue;
    const names = definitionsOf(path);
    if (names.size === 0 || names.has(name)) continue;
    const nearest = nearestName(name, names);
    found.push(
      fault(
        `package "${path}" has no ${name}${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`,
        file.posOf(selector.start),
      ),
    );
  }
  return found;
}

/** Structs that write `#do` and `#provider` themselves. */
function unknownOperations(file: File, knows: KnowsOperation): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const node of nodesOf(file)) {
    if (node.kind !== "struct") continue;
    const fields = ((node as unknown as { decls: readonly { kind: string }[] }).decls ?? []).filter(
      (decl): decl is Field => decl.kind === "field",
    );
    const textAt = (label: string): string | undefined => {
      const field = fields.find((one) => labelOf(one) === label);
      const value = field === undefined ? undefined : literalJson(field.value);
      return typeof value === "string" ? value : undefined;
    };
    const operation = textAt("#do");
    if (operation === undefined || operation === "steps") continue;
    const provider = textAt("#provider") ?? "builtin";
    if (knows(provider, operation)) continue;
    found.push(
      fault(
        `no provider answers #do: ${JSON.stringify(operation)} of ${JSON.stringify(provider)}`,
        file.posOf(node.start),
        "use a function of a vela/ package, or write the name of an operation that is installed",
      ),
    );
  }
  return found;
}

const labelOf = ({ label }: Field): string | undefined => (label.kind === "ident" ? label.name : labelName(label));
