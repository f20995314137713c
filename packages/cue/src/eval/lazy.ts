import {
  BuiltinError,
  type BuiltinErrorCode,
  type LazyValue,
  type Native,
  type NativeScalar,
} from "../library/builtin.ts";
import type { Expr, Source } from "../compile/ir.ts";
import { structPlan } from "../compile/plan.ts";
import { defaultOf, kindsOf } from "./evaluate.ts";
import { wakeFields } from "./dormant.ts";
import { equalData } from "./compare.ts";
import { finalize } from "./finalize.ts";
import { formatValue } from "./format.ts";
import { formatKind } from "./kind.ts";
import { isRegular, nameOfLabel, stringLabel } from "./label.ts";
import { orderedArcs } from "./order.ts";
import type { Run } from "./run.ts";
import { expressionOf } from "./snapshot.ts";
import { unify } from "./unify.ts";
import { firstProblem } from "./validate.ts";
import { type Base, type Bottom, type Value, atom, isFatal } from "./values.ts";
import { type Conjunct, Vertex, member, noLineage, target } from "./vertex.ts";

/** Values at the border to the library, in both directions. */
export function lazyOf(run: Run, value: Value): LazyValue {
  return new Lazy(run, value);
}

export function nativeOf(value: Value): NativeScalar {
  const base = value instanceof Vertex ? value.base : value;
  if (base?.tag !== "atom") throw new BuiltinError(`non-concrete value ${formatValue(value)}`, "incomplete");
  return base.value;
}

/** What a function returned, as a value. */
export function valueOfNative(native: Native, src?: Source): Value {
  if (native === null || typeof native !== "object" || native instanceof Uint8Array) return atom(native, src);
  if (!Array.isArray(native)) {
    const known = native as Exclude<typeof native, readonly Native[]>;
    if (known.kind === "number") return atom(known, src);
    if (known.kind === "lazy") return (known as Lazy).value;
  }
  return new Vertex(undefined, "", [conjunctOf(exprOfNative(native, src))], true);
}

function conjunctOf(expr: Expr): Conjunct {
  return { expr, env: undefined, lineage: noLineage };
}

/** Data as an expression; built with a stack of its own. */
function exprOfNative(root: Native, src: Source | undefined): Expr {
  const convert = (native: Native): Expr => {
    if (native === null || typeof native !== "object" || native instanceof Uint8Array)
      return { kind: "value", value: atom(native, src), src };
    if (Array.isArray(native)) {
      const elements = (native as readonly Native[]).map((part) => deferred(part));
      return { kind: "list", elements, hasComprehension: false, ellipsis: undefined, src };
    }
    const known = native as Exclude<typeof native, readonly Native[]>;
    if (known.kind === "number") return { kind: "value", value: atom(known, src), src };
    if (known.kind === "lazy") {
      const { value } = known as Lazy;
      return value instanceof Vertex ? { kind: "vertex", vertex: value, src } : { kind: "value", value, src };
    }
    return structPlan(
      [...known.fields].map(([name, part]) => ({
        kind: "field",
        label: stringLabel(name.normalize("NFC")),
        arcType: member,
        value: deferred(part),
        src,
      })),
      undefined,
    );
  };
  const open: { readonly native: Native; readonly slot: { expr: Expr } }[] = [];
  const deferred = (native: Native): Expr => {
    if (!hasParts(native)) return convert(native);
    const slot = { expr: undefined as unknown as Expr };
    open.push({ native, slot });
    return {
      kind: "self-scope",
      get expr() {
        return slot.expr;
      },
      src,
    } as Expr;
  };
  const result = convert(root);
  for (let item = open.pop(); item !== undefined; item = open.pop()) item.slot.expr = convert(item.native);
  return result;
}

function hasParts(native: Native): boolean {
  if (native === null || typeof native !== "object" || native instanceof Uint8Array) return false;
  return Array.isArray(native) || (native as { readonly kind: string }).kind === "struct";
}

class Lazy implements LazyValue {
  readonly kind = "lazy";
  readonly run: Run;
  readonly value: Value;

  constructor(run: Run, value: Value) {
    this.run = run;
    this.value = value;
  }

  get #plain(): Value {
    if (this.value instanceof Vertex) unify(this.run, this.value);
    const plain = defaultOf(this.value);
    return plain instanceof Vertex ? target(plain) : plain;
  }

  get type(): string {
    return formatKind(kindsOf(this.#plain));
  }

  get isConcrete(): boolean {
    const plain = this.#plain;
    const base = plain instanceof Vertex ? plain.base : plain;
    return base?.tag === "atom" || base?.tag === "struct" || base?.tag === "list";
  }

  get isOpen(): boolean {
    const plain = this.#plain;
    if (!(plain instanceof Vertex)) return false;
    if (plain.base?.tag === "list") return plain.base.isOpen;
    return plain.closedBy === undefined || (plain.patterns?.length ?? 0) > 0;
  }

  get constraintFields(): number {
    const plain = this.#plain;
    if (plain instanceof Vertex) wakeFields(plain);
    return plain instanceof Vertex
      ? plain.arcs.filter((arc) => arc.arcType !== member && isRegular(arc.label)).length
      : 0;
  }

  get definition(): string | undefined {
    const { value } = this;
    if (!(value instanceof Vertex) || value.parent === undefined) return undefined;
    return value.parent === this.run.packages.vertexOf("list") ? `list.${nameOfLabel(value.label)}` : undefined;
  }

  unify(other: LazyValue | Native): LazyValue {
    const right = valueOfNative(other);
    const vertex = new Vertex(
      undefined,
      "",
      [conjunctOf(expressionOf(this.value)), conjunctOf(expressionOf(right))],
      true,
    );
    return new Lazy(this.run, vertex);
  }

  get verdict(): "ok" | "incomplete" | "error" {
    const problem = this.#problem();
    return problem === undefined ? "ok" : isFatal(problem) ? "error" : "incomplete";
  }

  get message(): string | undefined {
    return this.#problem()?.message();
  }

  get failure(): BuiltinError | undefined {
    const problem = this.#problem();
    return problem && new BuiltinError(problem.message(), codeOf(problem));
  }

  #problem(): Bottom | undefined {
    if (this.value instanceof Vertex) finalize(this.run, this.value);
    return firstProblem(this.value);
  }

  equals(other: LazyValue | Native): boolean {
    return equalData(this.run, this.value, valueOfNative(other)) === true;
  }

  scalar(): NativeScalar | undefined {
    const plain = this.#plain;
    const base = plain instanceof Vertex ? plain.base : plain;
    return base?.tag === "atom" ? base.value : undefined;
  }

  elements(): readonly LazyValue[] | undefined {
    const plain = this.#plain;
    if (!(plain instanceof Vertex) || plain.base?.tag !== "list" || plain.bottom !== undefined) return undefined;
    return plain.arcs.filter((arc) => typeof arc.label === "number").map((arc) => new Lazy(this.run, arc));
  }

  fields(): readonly (readonly [name: string, value: LazyValue])[] | undefined {
    const plain = this.#plain;
    if (!(plain instanceof Vertex) || plain.base?.tag !== "struct") return undefined;
    return orderedArcs(plain)
      .filter((arc) => arc.arcType === member && isRegular(arc.label))
      .map((arc) => [nameOfLabel(arc.label), new Lazy(this.run, arc)] as const);
  }

  lookup(name: string): LazyValue | undefined {
    const plain = this.#plain;
    if (!(plain instanceof Vertex)) return undefined;
    const arc = plain.arc(stringLabel(name));
    return arc === undefined || arc.arcType !== member ? undefined : new Lazy(this.run, arc);
  }

  concrete(complaint: Complaint = nonConcrete): Native {
    if (this.value instanceof Vertex) finalize(this.run, this.value);
    return concreteOf(this.run, this.value, complaint);
  }

  text(): string {
    return formatValue(this.#plain);
  }
}

type Complaint = (text: string) => string;

function nonConcrete(text: string): string {
  return `non-concrete value ${text}`;
}

function codeOf({ code }: Bottom): BuiltinErrorCode {
  if (code === "structural cycle") return code;
  return code === "incomplete" || code === "cycle" ? "incomplete" : "eval";
}

/** Plain data of a finalized value. */
function concreteOf(run: Run, value: Value, complaint: Complaint): Native {
  const plain = defaultOf(value);
  const vertex = plain instanceof Vertex ? target(plain) : undefined;
  const error =
    vertex === undefined ? ((plain as Base | Bottom).tag === "bottom" ? (plain as Bottom) : undefined) : vertex.bottom;
  if (error !== undefined) throw new BuiltinError(error.message(), codeOf(error));
  const base = vertex === undefined ? (plain as Exclude<Value, Vertex>) : vertex.base;
  run.spend(1);
  if (base?.tag === "atom") return base.value;
  if (vertex === undefined || (base?.tag !== "struct" && base?.tag !== "list"))
    throw new BuiltinError(complaint(formatValue(plain)), "incomplete");
  if (base.tag === "list")
    return vertex.arcs.filter((arc) => typeof arc.label === "number").map((arc) => concreteOf(run, arc, complaint));
  const fields = new Map<string, Native>();
  for (const arc of orderedArcs(vertex)) {
    if (!isRegular(arc.label) || arc.arcType === 2) continue;
    if (arc.arcType === 1)
      throw new BuiltinError(`field is required but not present: ${nameOfLabel(arc.label)}`, "incomplete");
    fields.set(nameOfLabel(arc.label), concreteOf(run, arc, complaint));
  }
  return { kind: "struct", fields };
}
