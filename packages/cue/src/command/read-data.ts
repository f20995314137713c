import type { Context } from "../context.ts";
import { readDocument } from "../document.ts";
import { CueError, type Value } from "../value.ts";
import { CommandError } from "./arguments.ts";
import { type DataInput, shownName } from "./load.ts";
import type { FileTree } from "./tree.ts";

/** A file of data, and its documents as values that know where they stand. */
export interface DataFile {
  readonly name: string;
  readonly documents: readonly Value[];
}

export function readData(context: Context, tree: FileTree, input: DataInput): DataFile {
  return { name: input.name, documents: documentsOf(context, tree, input) };
}

function documentsOf(context: Context, tree: FileTree, { name, encoding }: DataInput): Value[] {
  const text = tree.read(name);
  if (text === undefined) throw new CommandError(`open ${name}: no such file or directory`);
  const source = shownName(name);
  if (encoding === "text") return [context.encode(text, { source })];
  if (encoding === "toml") {
    const made = context.compile(`import "encoding/toml"\nout: toml.Unmarshal(${JSON.stringify(text)})`);
    return [made.lookupPath("out")];
  }
  return partsOf(text, encoding).map((part) => {
    const { value, origin, diagnostics } = readDocument(part, { source });
    if (diagnostics.length > 0) throw new CueError(diagnostics);
    return context.encode(value, origin);
  });
}

/** Each document of a stream, with empty lines for what stands before it, so that lines are those of the file. */
function partsOf(text: string, encoding: string): string[] {
  if (encoding === "yaml") return yamlParts(text);
  return encoding === "json" ? [text] : jsonParts(text);
}

function yamlParts(text: string): string[] {
  const parts: string[] = [];
  let before = 0;
  let current: string[] = [];
  const end = (): void => {
    if (current.some((line) => !/^\s*(?:#.*)?$/.test(line))) parts.push("\n".repeat(before) + current.join("\n"));
    before += current.length + 1;
    current = [];
  };
  for (const line of text.split("\n")) {
    if (/^---(?:\s*(?:#.*)?)$/.test(line) || line === "...") end();
    else current.push(line);
  }
  end();
  return parts;
}

/** Objects one after another. */
function jsonParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    const isEnd =
      depth === 0 && (char === "}" || char === "]" || (char === "\n" && text.slice(start, at).trim() !== ""));
    if (!isEnd) continue;
    parts.push(afterLines(text, start, at + 1));
    start = at + 1;
  }
  if (text.slice(start).trim() !== "") parts.push(afterLines(text, start, text.length));
  return parts;
}

/** A part of a text, with an empty line for each line before it. */
function afterLines(text: string, start: number, end: number): string {
  const part = text.slice(start, end);
  const begin = start + part.length - part.trimStart().length;
  return "\n".repeat(text.slice(0, begin).split("\n").length - 1) + part.trim();
}
