import { type Label, identLabel, stringLabel } from "./eval/label.ts";

/** A path in CUE's notation: `spec.template`, `"a-b".c[0]`, `#Def._hidden`, `a["b c"]`. */
export function parsePath(text: string, hiddenPackage = "_"): readonly Label[] | { readonly error: string } {
  const labels: Label[] = [];
  let at = 0;
  const source = text.trim();
  if (source === "") return labels;
  while (at < source.length) {
    const char = source[at]!;
    if (char === "[") {
      const close = matching(source, at);
      if (close < 0) return { error: `unclosed [ in path ${text}` };
      const label = indexLabel(source.slice(at + 1, close).trim());
      if (label === undefined) return { error: `invalid index in path ${text}` };
      labels.push(label);
      at = close + 1;
    } else {
      if (labels.length > 0) {
        if (char !== ".") return { error: `expected '.' or '[' in path ${text}` };
        at++;
      }
      const index = labels.length === 0 ? /^\d+/.exec(source) : null;
      const found =
        index === null ? selectorAt(source, at, hiddenPackage) : { label: Number(index[0]), end: index[0].length };
      if (found === undefined) return { error: `invalid path ${text}` };
      labels.push(found.label);
      at = found.end;
    }
  }
  return labels;
}

function matching(text: string, open: number): number {
  let quoted = false;
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at];
    if (char === "\\" && quoted) at++;
    else if (char === '"') quoted = !quoted;
    else if (char === "]" && !quoted) return at;
  }
  return -1;
}

function indexLabel(text: string): Label | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  return quotedLabel(text);
}

function quotedLabel(text: string): Label | undefined {
  if (!text.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? stringLabel(value.normalize("NFC")) : undefined;
  } catch {
    return undefined;
  }
}

const identifier = /(?:_?#)?[\p{L}_$#][\p{L}\p{Nd}_$]*/uy;
const quoted = /"(?:[^"\\]|\\.)*"/y;
const raw = /#"([^"\\]*)"#/y;

function selectorAt(text: string, at: number, hiddenPackage: string): { label: Label; end: number } | undefined {
  quoted.lastIndex = at;
  const string = quoted.exec(text);
  if (string !== null) {
    const label = quotedLabel(string[0]);
    return label === undefined ? undefined : { label, end: quoted.lastIndex };
  }
  raw.lastIndex = at;
  const plain = raw.exec(text);
  if (plain !== null) return { label: stringLabel(plain[1]!.normalize("NFC")), end: raw.lastIndex };
  identifier.lastIndex = at;
  const ident = identifier.exec(text);
  if (ident === null || ident[0] === "_") return undefined;
  return { label: identLabel(ident[0], hiddenPackage), end: identifier.lastIndex };
}
