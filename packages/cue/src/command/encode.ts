import { Context } from "../context.ts";
import type { CueValue } from "../cue-value.ts";
import { formatFile } from "../format/format.ts";
import { parseFile } from "../syntax/index.ts";
import type { Decl, File } from "../syntax/ast.ts";
import { CueError, type SyntaxOptions, type Value } from "../value.ts";
import { CommandError } from "./arguments.ts";

export type Encoding = "json" | "json+compact" | "yaml" | "cue" | "text" | "binary" | "toml";

const encodings = new Map<string, Encoding>([
  ["json", "json"],
  ["json+compact", "json+compact"],
  ["yaml", "yaml"],
  ["yml", "yaml"],
  ["cue", "cue"],
  ["text", "text"],
  ["txt", "text"],
  ["binary", "binary"],
  ["toml", "toml"],
]);

/** `--out json`, or by the name of `-o file.yaml`. */
export function encodingOf(out: string | undefined, file: string | undefined, fallback: Encoding): Encoding {
  if (out !== undefined) {
    const known = encodings.get(out.replace(/:$/, ""));
    if (known === undefined) throw new CommandError(`unknown filetype ${out}`);
    return known;
  }
  if (file === undefined || file === "-") return fallback;
  const [, prefix, extension] = /^(?:([a-z]+):)?.*?(?:\.([^./]+))?$/.exec(file) ?? [];
  return encodings.get(prefix ?? extension ?? "") ?? fallback;
}

/** Plain data as text. */
export function dataText(value: Value, encoding: Exclude<Encoding, "cue">, escapes = false): string {
  if (encoding === "json") {
    const text = `${indented(value.toJSONText())}\n`;
    return escapes ? text.replaceAll(/[&<>]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`) : text;
  }
  if (encoding === "json+compact") return `${value.toJSONText()}\n`;
  if (encoding === "yaml") return through("encoding/yaml", "yaml", value);
  if (encoding === "toml") return through("encoding/toml", "toml", value);
  const data = value.decode();
  if (typeof data === "string") return encoding === "text" ? `${data}\n` : data;
  throw new CommandError(`value is not a string: cannot be written as ${encoding}`);
}

/** What the standard library makes of it. */
function through(path: string, name: string, value: Value): string {
  const context = new Context();
  const made = context.compile(`import "${path}"\nin: _\nout: ${name}.Marshal(in)`).fillPath("in", value);
  return made.lookupPath("out").toJSON() as string;
}

/** JSON over lines, its numbers and strings untouched. */
export function indented(json: string): string {
  let text = "";
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at]!;
    if (char === '"') {
      const start = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === "\\") at++;
      text += json.slice(start, at + 1);
    } else if (char === "{" || char === "[") {
      const end = char === "{" ? "}" : "]";
      if (json[at + 1] === end) {
        text += char + end;
        at++;
      } else text += `${char}\n${"    ".repeat(++depth)}`;
    } else if (char === "}" || char === "]") text += `\n${"    ".repeat(--depth)}${char}`;
    else if (char === ",") text += `,\n${"    ".repeat(depth)}`;
    else text += char === ":" ? ": " : char;
  }
  return text;
}

/** How CUE text is written. */
export interface CueTextOptions {
  readonly syntax: SyntaxOptions;
  /** Its package clause; a name that is asked for goes before it. */
  readonly clause?: Decl | undefined;
  readonly packageName?: string | undefined;
  readonly simplify?: boolean;
  /** Four blanks in the place of each tab at the beginning of a line. */
  readonly blanks?: boolean;
}

export function cueText(value: Value, { syntax, packageName, simplify, blanks, clause: own }: CueTextOptions): string {
  const file = (value as CueValue).syntaxFile(syntax);
  if (file === undefined) throw new CueError(value.validate());
  const decls = unwrapped(file);
  const clause =
    packageName !== undefined ? parseFile(`package ${packageName}`).file.decls : own === undefined ? [] : [own];
  const [first, ...rest] = decls;
  const body = clause.length === 0 || first === undefined ? decls : [{ ...first, relPos: "section" } as Decl, ...rest];
  const text = formatFile(Object.assign(parseFile("").file, { decls: [...clause, ...body] }), {
    simplify: simplify ?? false,
  });
  const ended = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return blanks === true ? ended.replaceAll(/^\t+/gm, (tabs) => "    ".repeat(tabs.length)) : ended;
}

/** A file of one struct as that struct's declarations. */
function unwrapped({ decls }: File): readonly Decl[] {
  const [only] = decls;
  return decls.length === 1 && only?.kind === "embed" && only.expr.kind === "struct" ? only.expr.decls : decls;
}
