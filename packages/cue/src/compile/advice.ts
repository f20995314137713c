/** What to do about errors that are found before evaluation. */
import { nearestName } from "@lateen/base";
import type { File } from "../syntax/ast.ts";

export interface Reach {
  /** Names that a reference at that place can mean. */
  readonly names: readonly string[];
  readonly file: File;
  readonly packagePaths: readonly string[];
}

/** For a name that nothing in reach has. */
export function nameAdvice(name: string, { names, file, packagePaths }: Reach): string {
  if (new RegExp(`(?:^|[\\s{,:])${escaped(name)}[?!]?\\s*:`, "m").test(file.text) && !names.includes(name))
    return `${name} is declared in an inner struct: write the whole path, as in outer.${name}`;
  const path = packagePaths.find((known) => lastPart(known) === name);
  if (path !== undefined) return `add import ${JSON.stringify(path)} at the top`;
  const quoted = quotedName(file.text, name);
  if (quoted !== undefined)
    return `only names without quotes can be referred to: give the field an alias, X=${JSON.stringify(quoted)}, and write X`;
  const near = name.length < 3 ? undefined : nearestName(name, names);
  if (near !== undefined) return `did you mean ${near}?`;
  return `declare the field, or write ${JSON.stringify(name)}, with quotes, for a text`;
}

function escaped(text: string): string {
  return text.replaceAll(/[$.*+?^{}()|[\]\\]/g, String.raw`\$&`);
}

/** A field in quotes that is called so, hyphens and dots for underscores. */
function quotedName(text: string, name: string): string | undefined {
  for (const [, quoted] of text.matchAll(/"([^"\\\n]+)"[?!]?:/g))
    if (quoted !== undefined && quoted.replaceAll(/[^\p{L}\p{Nd}_$]/gu, "_") === name) return quoted;
  return undefined;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** For an import that is not there. */
export function packageAdvice(path: string, known: readonly string[]): string {
  const near = nearestName(path, known) ?? known.find((other) => lastPart(other) === lastPart(path));
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
  return "packages are the standard library's and those that the program registers";
}

const advices: readonly (readonly [RegExp, string])[] = [
  [/^imported and not used/, "remove the import"],
  [/^unreferenced alias or let clause/, "use it, or remove it"],
  [/redeclared as imported package name/, 'give one of them another name: import x "path"'],
  [/redeclared in same scope/, "give one of them another name"],
  [/^cannot have both alias and field/, "give the alias another name"],
  [/^preference mark not allowed/, "* marks the default among alternatives: *a | b"],
  [/^ellipsis must be last/, "move ... to the end of the list"],
  [/^number cannot be represented as int/, "the suffix must leave a whole number"],
  [/requires @experiment/, "add the attribute at the top of the file"],
];

export function compileAdvice(message: string): string {
  return advices.find(([pattern]) => pattern.test(message))?.[1] ?? "correct the text here";
}
