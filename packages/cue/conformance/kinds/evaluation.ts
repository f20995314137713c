import { Context, type SourceFile, type Value } from "../../src/index.ts";
import type { Answer, CueCase } from "../case.ts";
import { patience } from "../patience.ts";
import { classOf, outcomeOf, problemsOf } from "./outcome.ts";

/** How long a case may take. */
const patienceMs = 3000;

/** The instance of a case, with the packages of its module. */
export function instanceOf(item: CueCase, context = new Context()): Value {
  const module = /^module:\s*"([^"]*)"/m.exec(item.files["cue.mod/module.cue"] ?? "")?.[1]?.replace(/@.*/, "");
  if (module !== undefined) registerModule(context, item, module);
  const files = entriesOf(item).map((name) => ({ name, text: item.files[name] ?? "" }));
  return context.buildInstance(files, { budget: patience(patienceMs) });
}

/** Files for tests are no part of an instance. */
export function entriesOf(item: CueCase): readonly string[] {
  return item.entry.filter((name) => !name.endsWith("_test.cue"));
}

function registerModule(context: Context, item: CueCase, module: string): void {
  const folders = new Map<string, SourceFile[]>();
  for (const [name, text] of Object.entries(item.files)) {
    if (!name.endsWith(".cue") || name.startsWith("cue.mod/module")) continue;
    const slash = name.lastIndexOf("/");
    const folder = slash < 0 ? "" : name.slice(0, slash);
    const known = folders.get(folder);
    if (known === undefined) folders.set(folder, [{ name, text }]);
    else known.push({ name, text });
  }
  for (const [folder, files] of folders) {
    if (folder === "") {
      context.registerPackage(module, files);
      continue;
    }
    const names = new Set(files.map(({ text }) => /^package\s+(\w+)/m.exec(text)?.[1]));
    // Of a folder that holds several packages each is imported by its name.
    if (names.size > 1)
      for (const name of names)
        context.registerPackage(
          `${module}/${folder}:${name}`,
          files.filter(({ text }) => /^package\s+(\w+)/m.exec(text)?.[1] === name),
        );
    const vendored = /^cue\.mod\/(?:pkg|usr|gen)\/(.*)$/.exec(folder)?.[1];
    context.registerPackage(vendored ?? `${module}/${folder}`, files);
  }
}

export function answerEvaluation(item: CueCase): Answer {
  const value = instanceOf(item);
  const { status, json, class: worst, errors } = outcomeOf(value);
  const answer = status === "ok" ? { ok: true, json } : { ok: false, error: { class: worst, msg: errors?.[0]?.msg } };
  const broken = worst === "compile";
  return {
    ...answer,
    checks: (item.checks as readonly { readonly path: readonly (string | number)[] }[] | undefined)?.map(({ path }) =>
      broken ? { ok: false, class: "compile" } : check(value, path, isSorted(item)),
    ),
  };
}

function isSorted({ opts }: CueCase): boolean {
  return (opts as { readonly sortFields?: boolean } | undefined)?.sortFields === true;
}

/** The fields by name, as the reference's debugging option orders them. */
function sortedJson(value: Value): string {
  const { kind } = value;
  if (kind === "list") return `[${value.elements().map(sortedJson).join(",")}]`;
  if (kind !== "struct") return value.toJSONText();
  const fields = [...value.fields()].toSorted((a, b) => (a.selector < b.selector ? -1 : 1));
  return `{${fields.map((field) => `${JSON.stringify(field.selector)}:${sortedJson(field.value)}`).join(",")}}`;
}

function check(value: Value, path: readonly (string | number)[], sorted: boolean): object {
  let at = value;
  for (const part of path) at = step(at, part);
  if (!at.exists) return { ok: false, class: "eval", kind: "_|_" };
  const errors = problemsOf(at, { concrete: true });
  if (errors.length === 0) return { ok: true, json: sorted ? sortedJson(at) : at.toJSONText() };
  const kind = at.incompleteKind;
  return { ok: false, class: classOf(errors), kind: kind === "bottom" ? "_|_" : kind === "top" ? "_" : kind };
}

function step(value: Value, part: string | number): Value {
  if (typeof part === "number") return value.lookupPath(`[${part}]`);
  // Lists that have an error beside their elements were recorded as structs.
  if (/^\d+$/.test(part) && value.lookupPath(`[${part}]`).exists) return value.lookupPath(`[${part}]`);
  if (/^(?:_?#|_)/.test(part)) {
    const found = value.lookupPath(part.replace(/\$.*|\(.*/, ""));
    if (found.exists) return found;
  }
  return value.lookupPath(JSON.stringify(part));
}
