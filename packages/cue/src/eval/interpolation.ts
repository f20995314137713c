/** Texts and bytes with values in them. */
import type { Expr, Interpolation } from "../compile/ir.ts";
import { formatNumber } from "../number.ts";
import type { Environment } from "./environment.ts";
import { formatValue, textOfBytes } from "./format.ts";
import { boolKind, bytesKind, formatKind, nullKind, numberKind, stringKind } from "./kind.ts";
import type { Run } from "./run.ts";
import { type Bottom, type Value, atom, bottom, combineBottoms } from "./values.ts";
import { Vertex } from "./vertex.ts";
import { scalarValue, defaultOf, kindsOf, errorOf } from "./evaluate.ts";

const textKinds = stringKind | bytesKind | numberKind | boolKind;

const encoder = new TextEncoder();

export function interpolate(run: Run, env: Environment | undefined, expr: Interpolation): Value {
  let error: Bottom | undefined;
  const parts: (string | Uint8Array)[] = [];
  for (let i = 0; i < expr.exprs.length; i++) {
    parts.push(expr.bytes?.[i] ?? expr.texts[i]!);
    const value = defaultOf(scalarValue(run, env, expr.exprs[i]!));
    const part = textOf(value, expr, expr.exprs[i]!);
    if (typeof part === "object" && !(part instanceof Uint8Array)) error = combineBottoms(error, part);
    else parts.push(part);
  }
  if (error !== undefined) return error;
  parts.push(expr.bytes?.[expr.exprs.length] ?? expr.texts[expr.exprs.length]!);
  if (!expr.isBytes) {
    const text = parts.map((part) => (typeof part === "string" ? part : textOfBytes(part))).join("");
    run.spend(1, text.length);
    return atom(text, expr.src);
  }
  return atom(concatBytes(parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part))), expr.src);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function textOf(value: Value, expr: Interpolation, part: Expr): string | Uint8Array | Bottom {
  const base = value instanceof Vertex ? value.base : value;
  const error = errorOf(value);
  if (error !== undefined)
    return bottom({
      code: error.code,
      message: () => `invalid interpolation: ${error.message()}`,
      vertex: error.code === "cycle" ? undefined : error.vertex,
      sources: [expr.src, ...error.sources],
      causes: [error],
    });
  if (base?.tag === "atom" && (base.kind & textKinds) !== 0) {
    if (typeof base.value === "string" || base.value instanceof Uint8Array) return base.value;
    return typeof base.value === "boolean" ? String(base.value) : formatNumber(base.value as never);
  }
  const kind = kindsOf(value);
  const isHopeless =
    (kind & textKinds) === 0 || (base?.tag === "atom" && base.kind === nullKind) || base?.tag === "func";
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isHopeless
        ? `invalid interpolation: cannot use ${formatValue(value)} (type ${formatKind(kind)}) as type (bool|string|bytes|number)`
        : `invalid interpolation: non-concrete value ${formatValue(value)} (type ${formatKind(kind)})`,
    sources: [expr.src, part.src],
  });
}
