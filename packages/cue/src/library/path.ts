import { textArgument, textsArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";
import { matchPath } from "./path-match.ts";
import { type PathRules, pathRules, systemNames } from "./path-rules.ts";

/** The package `path`: file paths as texts, by the rules of the operating system named last. */

function fromSlash(path: string, rules: PathRules): string {
  return path.replaceAll("/", rules.separator);
}

function volumeOf(path: string, rules: PathRules): string {
  return path.slice(0, rules.volumeLength(path));
}

/** Elements between separators, empty ones left out. */
function elementsOf(path: string, rules: PathRules): string[] {
  return (rules.separator === "/" ? path.split("/") : path.split(/[\\/]/)).filter((element) => element !== "");
}

/** The shortest path of the same meaning: no `.`, no inner `..`, no doubled separators. */
function clean(path: string, rules: PathRules): string {
  const volume = volumeOf(path, rules);
  const rest = path.slice(volume.length);
  if (rest === "") return volume.length > 1 && volume[1] !== ":" ? fromSlash(path, rules) : `${path}.`;
  const rooted = rules.isSeparator(rest[0]);
  const kept: string[] = [];
  for (const element of elementsOf(rest, rules)) {
    if (element === ".") continue;
    if (element !== "..") kept.push(element);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push("..");
  }
  const joined = (rooted ? rules.separator : "") + kept.join(rules.separator);
  return fromSlash(volume, rules) + (joined === "" ? "." : joined);
}

function isShare(path: string, rules: PathRules): boolean {
  return rules.volumeLength(path) > 2;
}

function join(elements: readonly string[], rules: PathRules): string {
  const first = elements.findIndex((element) => element !== "");
  if (first < 0) return "";
  const given = elements.slice(first);
  if (rules.separator === "/") return clean(given.join("/"), rules);
  const [head, ...others] = given as [string, ...string[]];
  if (head.length === 2 && head[1] === ":") {
    // A drive without a separator: what follows is relative to its current folder.
    const next = others.findIndex((element) => element !== "");
    return clean(head + (next < 0 ? "" : others.slice(next).join("\\")), rules);
  }
  const joined = clean(given.join("\\"), rules);
  if (!isShare(joined, rules) || isShare(clean(head, rules), rules)) return joined;
  const cleaned = clean(head, rules);
  const tail = clean(others.join("\\"), rules);
  return cleaned.endsWith("\\") ? cleaned + tail : `${cleaned}\\${tail}`;
}

function lastSeparator(path: string, rules: PathRules, from = 0): number {
  let i = path.length - 1;
  while (i >= from && !rules.isSeparator(path[i])) i--;
  return i;
}

function base(path: string, rules: PathRules): string {
  if (path === "") return ".";
  let end = path.length;
  while (end > 0 && rules.isSeparator(path[end - 1])) end--;
  const trimmed = path.slice(0, end);
  const rest = trimmed.slice(rules.volumeLength(trimmed));
  const last = rest.slice(lastSeparator(rest, rules) + 1);
  return last === "" ? rules.separator : last;
}

function directory(path: string, rules: PathRules): string {
  const volume = volumeOf(path, rules);
  const end = Math.max(lastSeparator(path, rules, volume.length), volume.length - 1);
  const cleaned = clean(path.slice(volume.length, end + 1), rules);
  return cleaned === "." && volume.length > 2 ? volume : volume + cleaned;
}

function extension(path: string, rules: PathRules): string {
  const name = path.slice(lastSeparator(path, rules) + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot);
}

function split(path: string, rules: PathRules): readonly string[] {
  const volume = rules.volumeLength(path);
  const at = Math.max(lastSeparator(path, rules, volume), volume - 1);
  return [path.slice(0, at + 1), path.slice(at + 1)];
}

function relative(from: string, to: string, rules: PathRules): string {
  const source = clean(from, rules);
  const target = clean(to, rules);
  if (rules.sameWord(source, target)) return ".";
  const impossible = (): BuiltinError => new BuiltinError(`Rel: can't make ${to} relative to ${from}`);
  const sourceRest = source.slice(rules.volumeLength(source));
  const targetRest = target.slice(rules.volumeLength(target));
  if (rules.isSeparator(sourceRest[0]) !== rules.isSeparator(targetRest[0])) throw impossible();
  if (!rules.sameWord(volumeOf(from, rules), volumeOf(to, rules))) throw impossible();
  const up = sourceRest === "." ? [] : elementsOf(sourceRest, rules);
  const down = elementsOf(targetRest, rules);
  let common = 0;
  while (common < up.length && common < down.length && rules.sameWord(up[common]!, down[common]!)) common++;
  if (up[common] === "..") throw impossible();
  return [...up.slice(common).map(() => ".."), ...down.slice(common)].join(rules.separator);
}

/** How the operating system is given: it may be left out, and then is this one, or must be named. */
type System = "unix" | "windows" | "required";

interface Call {
  readonly texts: readonly string[];
  readonly rules: PathRules;
  readonly args: readonly Native[];
}

function pathFunction(name: string, signature: string, call: (call: Call) => Native): Builtin {
  const [kinds, result, system] = signature.split(/ -> | on /) as [string, string, System];
  const params = [...kinds.split(", "), "string"];
  const last = params.length - 1;
  return {
    name,
    params,
    result,
    defaults: params.map((_, i) => (i === last && system !== "required" ? system : undefined)),
    call(args) {
      const rules = pathRules(textArgument(args, last));
      if (rules === undefined)
        throw unknownSystem({ name, system, given: textArgument(args, last), position: last + 1 });
      const texts = args.slice(0, last).map((value) => (typeof value === "string" ? value : ""));
      return call({ texts, rules, args });
    },
  };
}

function unknownSystem(what: {
  readonly name: string;
  readonly system: System;
  readonly given: string;
  readonly position: number;
}): BuiltinError {
  const { name, system, given, position } = what;
  const choices = systemNames.map((choice) => `${choice === system ? "*" : ""}${JSON.stringify(choice)}`).join(" | ");
  return new BuiltinError(`cannot use ${JSON.stringify(given)} as ${choices} in argument ${position} to path.${name}`);
}

const functions: readonly Builtin[] = [
  pathFunction("Split", "string -> list on unix", ({ texts, rules }) => split(texts[0]!, rules)),
  pathFunction("SplitList", "string -> list on required", ({ texts, rules }) => rules.splitList(texts[0]!)),
  pathFunction("Join", "list -> string on unix", ({ args, rules }) => join(textsArgument(args, 0), rules)),
  pathFunction("Match", "string, string -> bool on unix", ({ texts, rules }) => matchPath(texts[0]!, texts[1]!, rules)),
  pathFunction("Clean", "string -> string on unix", ({ texts, rules }) => clean(texts[0]!, rules)),
  pathFunction("ToSlash", "string -> string on required", ({ texts, rules }) =>
    texts[0]!.replaceAll(rules.separator, "/"),
  ),
  pathFunction("FromSlash", "string -> string on required", ({ texts, rules }) => fromSlash(texts[0]!, rules)),
  pathFunction("Ext", "string -> string on unix", ({ texts, rules }) => extension(texts[0]!, rules)),
  pathFunction("Resolve", "string, string -> string on unix", ({ texts, rules }) => {
    const [folder, sub] = texts as [string, string];
    return rules.isAbsolute(sub) ? clean(sub, rules) : join([clean(folder, rules), sub], rules);
  }),
  pathFunction("Rel", "string, string -> string on unix", ({ texts, rules }) => relative(texts[0]!, texts[1]!, rules)),
  pathFunction("Base", "string -> string on unix", ({ texts, rules }) => base(texts[0]!, rules)),
  pathFunction("Dir", "string -> string on unix", ({ texts, rules }) => directory(texts[0]!, rules)),
  pathFunction("IsAbs", "string -> bool on unix", ({ texts, rules }) => rules.isAbsolute(texts[0]!)),
  pathFunction("VolumeName", "string -> string on windows", ({ texts, rules }) => volumeOf(texts[0]!, rules)),
];

export const pathPackage: BuiltinPackage = {
  path: "path",
  functions,
  constants: { Unix: "unix", Windows: "windows", Plan9: "plan9" },
};
