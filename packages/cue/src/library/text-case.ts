/**
 * Case mapping one code point at a time, as Unicode's simple mappings say: no mapping changes the number of code points
 * (`ß` has no upper case, the lower case of `Σ` is `σ` wherever it stands).
 */
const titleCase = new Map<string, string>([
  ["Ǆ", "ǅ"],
  ["ǆ", "ǅ"],
  ["ǅ", "ǅ"],
  ["Ǉ", "ǈ"],
  ["ǉ", "ǈ"],
  ["ǈ", "ǈ"],
  ["Ǌ", "ǋ"],
  ["ǌ", "ǋ"],
  ["ǋ", "ǋ"],
  ["Ǳ", "ǲ"],
  ["ǳ", "ǲ"],
  ["ǲ", "ǲ"],
]);

/** Greek letters with iota subscript: their simple upper case is the letter with iota beside it. */
function upperWithIota(codePoint: number): number | undefined {
  if (codePoint >= 0x1f80 && codePoint <= 0x1faf) return codePoint | 8;
  if (codePoint === 0x1fb3 || codePoint === 0x1fc3 || codePoint === 0x1ff3) return codePoint + 9;
  return undefined;
}

export function upperCharacter(character: string): string {
  const iota = upperWithIota(character.codePointAt(0)!);
  if (iota !== undefined) return String.fromCodePoint(iota);
  const upper = character.toUpperCase();
  return isOneCharacter(upper) ? upper : character;
}

export function lowerCharacter(character: string): string {
  if (character === "İ") return "i";
  const lower = character.toLowerCase();
  return isOneCharacter(lower) ? lower : character;
}

export function titleCharacter(character: string): string {
  const codePoint = character.codePointAt(0)!;
  // Georgian letters have upper-case forms that are never used for titles.
  if ((codePoint >= 0x10d0 && codePoint <= 0x10fa) || (codePoint >= 0x10fd && codePoint <= 0x10ff)) return character;
  return titleCase.get(character) ?? upperCharacter(character);
}

function isOneCharacter(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);
}

// oxlint-disable-next-line no-control-regex
const ascii = /^[\x00-\x7f]*$/;

export function upperText(text: string): string {
  return ascii.test(text) ? text.toUpperCase() : Array.from(text, upperCharacter).join("");
}

export function lowerText(text: string): string {
  return ascii.test(text) ? text.toLowerCase() : Array.from(text, lowerCharacter).join("");
}

/** Maps the first character of each word, words being what white space parts. */
export function mapInitials(text: string, map: (character: string) => string): string {
  let afterSpace = true;
  let result = "";
  for (const character of text) {
    result += afterSpace ? map(character) : character;
    afterSpace = isSpace(character);
  }
  return result;
}

/** Unicode's White_Space, which is not quite the host's `\s`. */
export const spaceClass = String.raw`\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

const space = new RegExp(`^[${spaceClass}]$`, "u");

export function isSpace(character: string): boolean {
  return space.test(character);
}
