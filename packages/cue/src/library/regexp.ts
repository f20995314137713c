import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";
import { intArgument, textArgument } from "./arguments.ts";
import { type RegularExpression, compileRegex } from "./regular-expression.ts";

/** The package `regexp`: RE2 patterns over strings. What finds nothing is an error, `no match`. */
const noMatch = (): BuiltinError => new BuiltinError("no match");

function groupsOf(text: string, match: readonly number[]): string[] {
  const groups: string[] = [];
  for (let i = 0; i < match.length; i += 2) groups.push(match[i]! < 0 ? "" : text.slice(match[i], match[i + 1]));
  return groups;
}

function namedGroups(regex: RegularExpression, text: string, match: readonly number[]): Native {
  const groups = groupsOf(text, match);
  const named = new Map<string, string>();
  for (const [i, name] of regex.groupNames.entries()) if (name !== "") named.set(name, groups[i] ?? "");
  return { kind: "struct", fields: new Map([...named].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) };
}

function findOne(args: readonly Native[]): { regex: RegularExpression; text: string; match: readonly number[] } {
  const regex = compileRegex(textArgument(args, 0));
  const text = textArgument(args, 1);
  const match = regex.find(text);
  if (match === undefined) throw noMatch();
  return { regex, text, match };
}

function findAll<T>(
  args: readonly Native[],
  read: (match: readonly number[], text: string, regex: RegularExpression) => T,
): T[] {
  const regex = compileRegex(textArgument(args, 0));
  const text = textArgument(args, 1);
  const matches = regex.findAll(text, intArgument(args, 2));
  if (matches.length === 0) throw noMatch();
  return matches.map((match) => read(match, text, regex));
}

/** Puts groups into a replacement: `$1`, `${1}`, `$name`, `$$`. A name takes as many letters, digits and `_` as it can. */
function expand(template: string, regex: RegularExpression, groups: readonly string[]): string {
  return template.replaceAll(
    /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))?/gu,
    (whole, dollar, braced, plain) => {
      if (dollar !== undefined) return "$";
      const name = (braced ?? plain) as string | undefined;
      if (name === undefined) return whole as string;
      if (/^(?:0|[1-9][0-9]*)$/.test(name)) return groups[Number(name)] ?? "";
      const index = regex.groupNames.lastIndexOf(name);
      return index > 0 ? (groups[index] ?? "") : "";
    },
  );
}

function replace(
  args: readonly Native[],
  replacement: (regex: RegularExpression, groups: readonly string[]) => string,
) {
  const regex = compileRegex(textArgument(args, 0));
  const text = textArgument(args, 1);
  let result = "";
  let end = 0;
  for (const match of regex.findAll(text, -1)) {
    result += text.slice(end, match[0]) + replacement(regex, groupsOf(text, match));
    end = match[1]!;
  }
  return result + text.slice(end);
}

const functions: readonly Builtin[] = [
  {
    name: "Find",
    params: ["string", "string"],
    result: "string",
    call(args) {
      const { text, match } = findOne(args);
      return text.slice(match[0], match[1]);
    },
  },
  {
    name: "FindAll",
    params: ["string", "string", "int"],
    result: "list",
    call: (args) => findAll(args, (match, text) => text.slice(match[0], match[1])),
  },
  {
    name: "FindSubmatch",
    params: ["string", "string"],
    result: "list",
    call(args) {
      const { text, match } = findOne(args);
      return groupsOf(text, match);
    },
  },
  {
    name: "FindAllSubmatch",
    params: ["string", "string", "int"],
    result: "list",
    call: (args) => findAll(args, (match, text) => groupsOf(text, match)),
  },
  {
    name: "FindNamedSubmatch",
    params: ["string", "string"],
    result: "struct",
    call(args) {
      const { regex, text, match } = findOne(args);
      return namedGroups(regex, text, match);
    },
  },
  {
    name: "FindAllNamedSubmatch",
    params: ["string", "string", "int"],
    result: "list",
    call: (args) => findAll(args, (match, text, regex) => namedGroups(regex, text, match)),
  },
  {
    name: "ReplaceAll",
    params: ["string", "string", "string"],
    result: "string",
    call: (args) => replace(args, (regex, groups) => expand(textArgument(args, 2), regex, groups)),
  },
  {
    name: "ReplaceAllLiteral",
    params: ["string", "string", "string"],
    result: "string",
    call: (args) => replace(args, () => textArgument(args, 2)),
  },
  {
    name: "Valid",
    params: ["string"],
    result: "bool",
    validator: true,
    call(args) {
      compileRegex(textArgument(args, 0));
      return true;
    },
  },
  {
    name: "Match",
    params: ["string", "string"],
    result: "bool",
    validator: true,
    call: (args) => compileRegex(textArgument(args, 0)).matches(textArgument(args, 1)),
  },
  {
    name: "QuoteMeta",
    params: ["string"],
    result: "string",
    call: (args) => textArgument(args, 0).replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`),
  },
];

export const regexpPackage: BuiltinPackage = { path: "regexp", functions, constants: {} };
