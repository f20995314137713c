/**
 * The defaulting of the built-in kinds: each type may have a defaulter, which runs before those of the structs inside, and
 * fields may declare a default (`+default`), which comes last. The order is that of the generated code in
 * pkg/apis/.../zz_generated.defaults.go (1.36).
 */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { compareQuantities, formatQuantity, parseQuantity, roundUpQuantity } from "../../values/quantity.ts";
import type { FieldFacts, SchemaFacts, TypeFacts } from "../kind.ts";
import { type Draft, draftOf, isUnset } from "./draft.ts";

export interface DefaultContext {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Changes the draft, and whatever it replaces inside by copies. */
export type Defaulter = (draft: Draft, context: DefaultContext) => void;

/** By OpenAPI name without `io.k8s.`. */
export type Defaulters = Readonly<Record<string, Defaulter>>;

/** What is worked out once for each type. */
interface Plan {
  readonly defaulter: Defaulter | undefined;
  readonly members: readonly { readonly field: FieldFacts; readonly reaches: boolean }[];
}

export class DefaultWalk {
  private readonly defaulters: ReadonlyMap<string, Defaulter>;
  private readonly needed = new Map<TypeFacts, boolean>();
  private readonly plans = new WeakMap<TypeFacts, Plan>();

  constructor(...tables: readonly Defaulters[]) {
    this.defaulters = new Map(tables.flatMap((table) => Object.entries(table)));
  }

  /** A copy of a struct in its typed form with all defaults, in the order of its fields. */
  struct(value: JsonObject, type: TypeFacts, context: DefaultContext): JsonObject {
    if (!this.isNeeded(type)) return value;
    const { defaulter, members } = this.planOf(type);
    const draft = draftOf(value);
    defaulter?.(draft, context);
    const out: Draft = {};
    for (const { field, reaches } of members) {
      const { name } = field;
      // No field is called like a member of Object.prototype.
      const member = draft[name];
      if (member !== undefined)
        out[name] = reaches && member !== null ? this.value(member, field.schema, context) : member;
      if (field.defaultValue !== undefined) declared(out, field);
    }
    return out;
  }

  private planOf(type: TypeFacts): Plan {
    let plan = this.plans.get(type);
    if (plan === undefined) {
      plan = {
        defaulter: this.defaulters.get(shortName(type)),
        members: type.fields.map((field) => ({ field, reaches: this.reaches(field.schema) })),
      };
      this.plans.set(type, plan);
    }
    return plan;
  }

  private value(value: JsonValue, schema: SchemaFacts, context: DefaultContext): JsonValue {
    switch (schema.kind) {
      case "struct":
        return isJsonObject(value) ? this.struct(value, schema.type(), context) : value;
      case "list":
        return Array.isArray(value) && this.reaches(schema.item)
          ? (value as readonly JsonValue[]).map((item) => this.value(item, schema.item, context))
          : value;
      case "map":
        return isJsonObject(value) ? this.map(value, schema.value, context) : value;
      default:
        return value;
    }
  }

  private map(value: JsonObject, schema: SchemaFacts, context: DefaultContext): JsonObject {
    if (schema.kind === "quantity") return roundedToMilli(value);
    if (!this.reaches(schema)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.value(item ?? null, schema, context)]),
    );
  }

  private reaches(schema: SchemaFacts): boolean {
    switch (schema.kind) {
      case "struct":
        return this.isNeeded(schema.type());
      case "list":
        return this.reaches(schema.item);
      case "map":
        return schema.value.kind === "quantity" || this.reaches(schema.value);
      default:
        return false;
    }
  }

  /** Whether anything in or below the type has a default; a type inside itself adds nothing new. */
  private isNeeded(type: TypeFacts): boolean {
    const known = this.needed.get(type);
    if (known !== undefined) return known;
    this.needed.set(type, false);
    const needed =
      this.defaulters.has(shortName(type)) ||
      type.fields.some((field) => field.defaultValue !== undefined || this.reaches(field.schema));
    this.needed.set(type, needed);
    return needed;
  }
}

function shortName(type: TypeFacts): string {
  return type.name.slice("io.k8s.".length);
}

function declared(out: Draft, { name, defaultValue, pointer, omitEmpty }: FieldFacts): void {
  if (defaultValue === undefined) return;
  const isZero = defaultValue === "" || defaultValue === 0;
  if (isZero && omitEmpty && !pointer) return;
  const missing = pointer ? out[name] === undefined || out[name] === null : isUnset(out, name);
  if (missing) out[name] = defaultValue;
}

/** Resource amounts are kept in whole thousandths, rounded up. */
function roundedToMilli(amounts: JsonObject): JsonObject {
  let changed: Draft | undefined;
  for (const [name, amount] of Object.entries(amounts)) {
    if (typeof amount !== "string" || !/[nu.eE]/.test(amount)) continue;
    const exact = parseQuantity(amount);
    const { quantity } = roundUpQuantity(exact, -3);
    if (compareQuantities(exact, quantity) === 0) continue;
    changed ??= draftOf(amounts);
    changed[name] = formatQuantity(quantity);
  }
  return changed ?? amounts;
}
