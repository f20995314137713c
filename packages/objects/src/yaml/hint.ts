/**
 * What a YAML text that cannot be read suffers from, where the parser stumbles later than the mistake: a quote that is
 * never closed, a colon without a blank, a line that is indented like no other.
 */

export interface YamlHint {
  readonly offset: number;
  readonly message: string;
}

/** The mistake behind an error at `offset`, or undefined where nothing better is known. */
export function yamlHint(text: string, reason: string, offset: number): YamlHint | undefined {
  if (text.length > maxLength || reason.startsWith("tab ")) return undefined;
  return openQuote(text, reason, offset) ?? tightColon(text, reason, offset) ?? oddIndentation(text, reason, offset);
}

const maxLength = 1_000_000;
/** Lines above the error that are looked at. */
const maxLinesUp = 500;

const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", Math.max(0, offset - 1)) + 1;

/** Starts of the lines from the one at `offset` upwards, to the start of the document. */
function* linesUp(text: string, offset: number): Generator<{ readonly start: number; readonly line: string }> {
  let start = lineStart(text, offset);
  for (let count = 0; count < maxLinesUp; count++) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end);
    if (line.startsWith("---")) return;
    yield { start, line };
    if (start === 0) return;
    start = lineStart(text, start - 1);
  }
}

/** A quoted value that goes on over the end of its line, up to the error or for ever. */
function openQuote(text: string, reason: string, offset: number): YamlHint | undefined {
  for (const { start, line } of linesUp(text, offset)) {
    const value = /^(?:\s|-\s)*(?:[\w./-]+:\s+)?(["'])/.exec(line);
    if (value === null) continue;
    const quote = value[1]!;
    const opened = start + value[0].length - 1;
    const closed = closingQuote(text, opened, quote);
    if (closed !== undefined && !text.slice(opened, closed).includes("\n")) continue;
    // One that is closed well before the error is a text of several lines.
    if (closed !== undefined && lineStart(text, closed) !== lineStart(text, offset)) return undefined;
    return { offset: opened, message: `the quote that opens here is not closed on its line (${reason})` };
  }
  return undefined;
}

function closingQuote(text: string, opened: number, quote: string): number | undefined {
  for (let at = opened + 1; at < text.length; at++) {
    const letter = text[at];
    if (letter === "\\" && quote === '"') at++;
    else if (letter === quote) {
      if (quote === "'" && text[at + 1] === "'") at++;
      else return at;
    }
  }
  return undefined;
}

/** `type:web` on the line of the error or on the one above. */
function tightColon(text: string, reason: string, offset: number): YamlHint | undefined {
  if (!/mapping|key|indentation/.test(reason)) return undefined;
  let looked = 0;
  for (const { start, line } of linesUp(text, offset)) {
    if (line.trim() === "") continue;
    const found = /^((?:\s|-\s)*[A-Za-z][\w-]*):[^\s/:]\S*\s*$/.exec(line);
    if (found !== null) {
      const colon = found[1]!.length;
      return { offset: start + colon, message: `a blank is missing behind this colon (${reason})` };
    }
    if (++looked > 1) return undefined;
  }
  return undefined;
}

/** The line of the error, or the one above, where it alone is indented so. */
function oddIndentation(text: string, reason: string, offset: number): YamlHint | undefined {
  if (!reason.includes("indentation")) return undefined;
  const depths = new Map<number, number>();
  for (const line of text.split("\n"))
    if (line.trim() !== "") depths.set(depthOf(line), (depths.get(depthOf(line)) ?? 0) + 1);
  let looked = 0;
  for (const { start, line } of linesUp(text, offset)) {
    if (line.trim() === "") continue;
    const depth = depthOf(line);
    if (depths.get(depth) === 1 && depth % 2 === 1) {
      const message = `this line is indented by ${depth} blanks, unlike all others (${reason})`;
      return { offset: start + depth, message };
    }
    if (++looked > 1) return undefined;
  }
  return undefined;
}

const depthOf = (line: string): number => line.length - line.trimStart().length;
