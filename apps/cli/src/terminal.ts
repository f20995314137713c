import type { Readable, Writable } from "node:stream";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan";

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

/** Where the command writes and reads. Without a terminal: plain lines, no control codes. */
export interface Terminal {
  /** Whether a person looks at standard output: then lines may be drawn over. */
  readonly interactive: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly input: Readable & { setRawMode?(on: boolean): unknown; isTTY?: boolean };
  /** A line on standard output. */
  line(text?: string): void;
  /** A line on standard error. */
  error(text: string): void;
  /** As it is, on standard output. */
  write(text: string | Uint8Array): void;
  readonly style: (text: string, ...styles: readonly Style[]) => string;
}

export interface TerminalStreams {
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly stderr: Writable;
  readonly stdin: Readable & { setRawMode?(on: boolean): unknown; isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function createTerminal({ stdout, stderr, stdin, env }: TerminalStreams): Terminal {
  const interactive = stdout.isTTY === true && env["TERM"] !== "dumb" && env["CI"] === undefined;
  const coloured =
    (interactive && env["NO_COLOR"] === undefined) || (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0");
  return {
    interactive,
    get columns() {
      return stdout.columns ?? 120;
    },
    get rows() {
      return stdout.rows ?? 40;
    },
    input: stdin,
    line: (text = "") => void stdout.write(`${text}\n`),
    error: (text) => void stderr.write(`${text}\n`),
    write: (text) => void stdout.write(text),
    style(text, ...styles) {
      if (!coloured || text === "") return text;
      return styles.reduce((inner, style) => `\u001b[${codes[style][0]}m${inner}\u001b[${codes[style][1]}m`, text);
    },
  };
}

const ansi = /\u001b\[[0-9;]*m/g;

/** Columns that a text takes on the screen, colours not counted. */
export function visibleWidth(text: string): number {
  return Array.from(text.replaceAll(ansi, "")).length;
}

/** Cuts a text (with colours) to `width` columns, ending in `…` when it was longer. */
export function fitWidth(text: string, width: number): string {
  if (visibleWidth(text) <= width) return text;
  let out = "";
  let used = 0;
  for (let at = 0; at < text.length; ) {
    ansi.lastIndex = at;
    const code = /^\u001b\[[0-9;]*m/.exec(text.slice(at, at + 8));
    if (code) {
      out += code[0];
      at += code[0].length;
      continue;
    }
    if (used >= width - 1) break;
    const character = String.fromCodePoint(text.codePointAt(at)!);
    out += character;
    at += character.length;
    used++;
  }
  return `${out}…${out.includes("\u001b[") ? "\u001b[0m" : ""}`;
}

/** Columns as kubectl prints them: three blanks between, headings in capitals, the last one not padded. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, i) =>
    Math.max(visibleWidth(heading), ...rows.map((row) => visibleWidth(row[i] ?? ""))),
  );
  const print = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat(widths[i]! - visibleWidth(cell))))
      .join("   ")
      .trimEnd();
  return [headings, ...rows].map(print);
}
