import { textArgument } from "./arguments.ts";
import type { Builtin, BuiltinPackage } from "./builtin.ts";

/**
 * The package `html`. Of the named character references the HTML 4 set is known (and `apos`), those of Latin-1 also
 * without their semicolon; of HTML 5 the others stay as they are.
 */
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);
}

const latin1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml".split(
    " ",
  );

const basic: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  AMP: "&",
  LT: "<",
  GT: ">",
  QUOT: '"',
  COPY: "©",
  REG: "®",
};

/** Known with and without a semicolon. */
const legacy = new Map<string, string>([
  ...latin1.map((name, i) => [name, String.fromCharCode(0xa0 + i)] as const),
  ...Object.entries(basic),
]);

/** Known with a semicolon only: names and the characters that they stand for, side by side. */
const others =
  "apos ' OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ Alpha Α Beta Β Gamma Γ Delta Δ Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ Omicron Ο Pi Π Rho Ρ Sigma Σ Tau Τ Upsilon Υ Phi Φ Chi Χ Psi Ψ Omega Ω alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π rho ρ sigmaf ς sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω thetasym ϑ upsih ϒ piv ϖ ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo › oline ‾ frasl ⁄ euro € image ℑ weierp ℘ real ℜ trade ™ alefsym ℵ larr ← uarr ↑ rarr → darr ↓ harr ↔ crarr ↵ lArr ⇐ uArr ⇑ rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ nabla ∇ isin ∈ notin ∉ ni ∋ prod ∏ sum ∑ minus − lowast ∗ radic √ prop ∝ infin ∞ ang ∠ and ∧ or ∨ cap ∩ cup ∪ int ∫ there4 ∴ sim ∼ cong ≅ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄ sube ⊆ supe ⊇ oplus ⊕ otimes ⊗ perp ⊥ sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lang ⟨ rang ⟩ loz ◊ spades ♠ clubs ♣ hearts ♥ diams ♦".split(
    " ",
  );

const named = new Map<string, string>([
  ["ensp", "\u2002"],
  ["emsp", "\u2003"],
  ["thinsp", "\u2009"],
  ["zwnj", "\u200c"],
  ["zwj", "\u200d"],
  ["lrm", "\u200e"],
  ["rlm", "\u200f"],
  ...legacy,
]);
for (let i = 0; i < others.length; i += 2) named.set(others[i]!, others[i + 1]!);

/** What browsers read the numbers 0x80 to 0x9f as: Windows-1252; 0 for those that stay. */
const windows1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
  0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

function numbered(code: number): string {
  if (code >= 0x80 && code <= 0x9f) return String.fromCharCode(windows1252[code - 0x80]! || code);
  if (code === 0 || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return "\ufffd";
  return String.fromCodePoint(code);
}

export function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:#[xX]([0-9a-fA-F]+);?|#([0-9]+);?|([A-Za-z0-9]+)(;?))/g, (...groups) => {
    const [whole, hexadecimal, decimal, name, semicolon] = groups as unknown as [string, ...(string | undefined)[]];
    if (hexadecimal !== undefined) return numbered(Number.parseInt(hexadecimal, 16));
    if (decimal !== undefined) return numbered(Number(decimal));
    const found = semicolon === ";" ? named.get(name!) : legacy.get(name!);
    return found ?? prefixed(name!, semicolon ?? "") ?? whole;
  });
}

/** The longest beginning that is known without a semicolon: `&notaref;` is `¬aref;`. */
function prefixed(name: string, rest: string): string | undefined {
  for (let length = Math.min(name.length, 6); length > 1; length--) {
    const found = legacy.get(name.slice(0, length));
    if (found !== undefined) return found + name.slice(length) + rest;
  }
  return undefined;
}

const functions: readonly Builtin[] = [
  { name: "Escape", params: ["string"], result: "string", call: (args) => escapeHtml(textArgument(args, 0)) },
  { name: "Unescape", params: ["string"], result: "string", call: (args) => unescapeHtml(textArgument(args, 0)) },
];

export const htmlPackage: BuiltinPackage = { path: "html", functions, constants: {} };
