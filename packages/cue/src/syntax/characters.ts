/** An ASCII letter, `_` or `$`: what a CUE identifier starts with most often. */
export function isLetterCode(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x24;
}

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

export const isHexDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);

const letter = /^\p{L}$/u;

/** A letter of Unicode, `_` or `$` (specification, "Letters and digits"). */
export function isLetter(point: number): boolean {
  return point < 0x80 ? isLetterCode(point) : letter.test(String.fromCodePoint(point));
}

const identifier = /^(?:#|_#)?[\p{L}_$][\p{L}\p{Nd}_$]*$/u;

/** Whether a name can stand as an identifier, so that a label needs no quotes to be read back. */
export function isIdentifier(name: string): boolean {
  return identifier.test(name);
}
