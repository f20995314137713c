/** Quoting as Go's strconv does: escapes for what cannot be printed, or for all that is not ASCII. */
export type Printable = "print" | "ascii" | "graphic";

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const graphic = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]$/u;

function isScalar(codePoint: number): boolean {
  return codePoint >= 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint < 0xe000);
}

export function isPrint(codePoint: number): boolean {
  return isScalar(codePoint) && printable.test(String.fromCodePoint(codePoint));
}

/** As `isPrint`, spaces of all kinds included. */
export function isGraphic(codePoint: number): boolean {
  return isScalar(codePoint) && graphic.test(String.fromCodePoint(codePoint));
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\u0007": String.raw`\a`,
  "\b": String.raw`\b`,
  "\f": String.raw`\f`,
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
  "\v": String.raw`\v`,
  "\\": String.raw`\\`,
};

function escapeCharacter(character: string, quote: string, keep: Printable): string {
  if (character === quote) return `\\${quote}`;
  if (Object.hasOwn(shortEscapes, character)) return shortEscapes[character]!;
  const codePoint = character.codePointAt(0)!;
  const plain =
    keep === "graphic" ? isGraphic(codePoint) : isPrint(codePoint) && (keep === "print" || codePoint < 0x80);
  if (plain) return character;
  if (codePoint < 0x20 || codePoint === 0x7f) return `\\x${codePoint.toString(16).padStart(2, "0")}`;
  if (codePoint <= 0xffff) return `\\u${codePoint.toString(16).padStart(4, "0")}`;
  return `\\U${codePoint.toString(16).padStart(8, "0")}`;
}

export function quoteText(text: string, keep: Printable): string {
  return `"${Array.from(text, (character) => escapeCharacter(character, '"', keep)).join("")}"`;
}

/** What is no character at all becomes U+FFFD. */
export function quoteRune(codePoint: number, keep: Printable): string {
  const character = isScalar(codePoint) ? String.fromCodePoint(codePoint) : "\ufffd";
  return `'${escapeCharacter(character, "'", keep)}'`;
}
