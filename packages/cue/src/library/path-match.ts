import { BuiltinError } from "./builtin.ts";
import type { PathRules } from "./path-rules.ts";

/** Shell patterns over paths: `*` and `?` stop at separators, `[^a-z]`, `\` as an escape but on Windows. */
type Token =
  | { readonly kind: "star" }
  | { readonly kind: "any" }
  | { readonly kind: "literal"; readonly character: string }
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

const malformed = (): BuiltinError => new BuiltinError("syntax error in pattern");

/** @throws BuiltinError for a malformed pattern, whatever the name. */
export function matchPath(pattern: string, name: string, rules: PathRules): boolean {
  const characters = Array.from(name);
  const isSeparator = (i: number): boolean => characters[i] === rules.separator;
  // Positions in the name that the tokens so far can reach.
  let reached = new Set([0]);
  for (const token of parsePattern(pattern, rules)) {
    const next = new Set<number>();
    for (const position of reached) {
      if (token.kind === "star") {
        let i = position;
        next.add(i);
        while (i < characters.length && !isSeparator(i)) next.add(++i);
      } else if (position < characters.length && matchesOne(token, characters[position]!, rules)) {
        next.add(position + 1);
      }
    }
    reached = next;
  }
  return reached.has(characters.length);
}

function matchesOne(token: Exclude<Token, { kind: "star" }>, character: string, rules: PathRules): boolean {
  if (token.kind === "any") return character !== rules.separator;
  if (token.kind === "literal") return character === token.character;
  const code = character.codePointAt(0)!;
  const inside = token.ranges.some(([low, high]) => low.codePointAt(0)! <= code && code <= high.codePointAt(0)!);
  return inside !== token.negated;
}

function parsePattern(pattern: string, rules: PathRules): readonly Token[] {
  const characters = Array.from(pattern);
  const escapes = rules.separator !== "\\";
  const tokens: Token[] = [];
  let i = 0;
  const escaped = (): string => {
    if (escapes && characters[i] === "\\") i++;
    const character = characters[i++];
    if (character === undefined) throw malformed();
    return character;
  };
  const bound = (): string => {
    if (characters[i] === "-" || characters[i] === "]") throw malformed();
    return escaped();
  };
  while (i < characters.length) {
    const character = characters[i]!;
    if (character === "*") {
      if (characters[i + 1] === "*") throw new BuiltinError("'**' is not supported in patterns as of yet");
      tokens.push({ kind: "star" });
      i++;
    } else if (character === "?") {
      tokens.push({ kind: "any" });
      i++;
    } else if (character === "[") {
      i++;
      const negated = characters[i] === "^";
      if (negated) i++;
      const ranges: [string, string][] = [];
      while (characters[i] !== "]" || ranges.length === 0) {
        const low = bound();
        let high = low;
        if (characters[i] === "-") {
          i++;
          high = bound();
        }
        if (i >= characters.length) throw malformed();
        ranges.push([low, high]);
      }
      i++;
      tokens.push({ kind: "class", negated, ranges });
    } else tokens.push({ kind: "literal", character: escaped() });
  }
  return tokens;
}
