/** Kinds as bits: what a value can still be. The kinds of one value are and-ed when values unify. */
export type Kind = number;

export const nullKind = 1;
export const boolKind = 2;
export const intKind = 4;
export const floatKind = 8;
export const stringKind = 16;
export const bytesKind = 32;
export const funcKind = 64;
export const listKind = 128;
export const structKind = 256;

export const numberKind = intKind | floatKind;
export const atomKinds = nullKind | boolKind | numberKind | stringKind | bytesKind;
/** `_`. */
export const topKind = atomKinds | listKind | structKind | funcKind;

const names: readonly (readonly [Kind, string])[] = [
  [nullKind, "null"],
  [boolKind, "bool"],
  [numberKind, "number"],
  [intKind, "int"],
  [floatKind, "float"],
  [stringKind, "string"],
  [bytesKind, "bytes"],
  [funcKind, "func"],
  [listKind, "list"],
  [structKind, "struct"],
];

/** `int`, `(int|string)`, `_` for all kinds, `_|_` for none: as messages of CUE have it. */
export function formatKind(kind: Kind): string {
  const text = kindNames(kind);
  return text.includes("|") && text !== "_|_" ? `(${text})` : text;
}

/** The kinds joined by `|`, without parentheses. */
export function kindNames(kind: Kind): string {
  if (kind === 0) return "_|_";
  if ((kind & (topKind & ~funcKind)) === (topKind & ~funcKind)) return "_";
  const parts: string[] = [];
  let rest = kind;
  for (const [bits, name] of names) {
    if ((rest & bits) !== bits) continue;
    parts.push(name);
    rest &= ~bits;
  }
  return parts.join("|");
}

/** The kind of one name: `int`, `string|bytes`, `any`. */
export function kindOfNames(text: string): Kind {
  let kind = 0;
  for (const part of text.split("|")) {
    const name = part.trim();
    if (name === "any" || name === "_" || name === "top") return topKind;
    for (const [bits, known] of names) if (known === name) kind |= bits;
  }
  return kind;
}
