/** The static types of CEL, and which can stand for which (cel-go's checker). */
export type CelType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: "list"; readonly item: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  /** A struct with declared fields. Two are the same when they have the same name. */
  | { readonly kind: "object"; readonly name: string; readonly fieldOf: (name: string) => CelType | undefined }
  /** A type of a library: `kubernetes.Quantity`, `optional_type(T)`. */
  | { readonly kind: "opaque"; readonly name: string; readonly parameters: readonly CelType[] }
  /** The type of a type. */
  | { readonly kind: "type" }
  | { readonly kind: "parameter"; readonly name: string };

export type PrimitiveKind =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "null"
  | "dyn"
  | "error"
  | "timestamp"
  | "duration";

const primitive = (kind: PrimitiveKind): CelType => ({ kind });
export const boolType = primitive("bool");
export const intType = primitive("int");
export const uintType = primitive("uint");
export const doubleType = primitive("double");
export const stringType = primitive("string");
export const bytesType = primitive("bytes");
export const nullType = primitive("null");
export const dynType = primitive("dyn");
export const errorType = primitive("error");
export const timestampType = primitive("timestamp");
export const durationType = primitive("duration");
export const typeType: CelType = { kind: "type" };

export const listType = (item: CelType): CelType => ({ kind: "list", item });
export const mapType = (key: CelType, value: CelType): CelType => ({ kind: "map", key, value });
export const parameter = (name: string): CelType => ({ kind: "parameter", name });
export const opaque = (name: string, ...parameters: CelType[]): CelType => ({ kind: "opaque", name, parameters });
export const optionalType = (value: CelType): CelType => opaque("optional_type", value);

/** A type as messages name it. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${formatType(type.item)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "object":
      return type.name;
    case "opaque":
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(", ")})`;
    case "parameter":
      return type.name;
    default:
      return type.kind;
  }
}

/** Whether a type's values are not known before they are there. */
export const isDynamic = (type: CelType): boolean => type.kind === "dyn" || type.kind === "error";

/** What type parameters stand for, while an expression is checked. */
export class Substitution {
  #types: Map<string, CelType>;

  constructor(types: ReadonlyMap<string, CelType> = new Map()) {
    this.#types = new Map(types);
  }

  copy(): Substitution {
    return new Substitution(this.#types);
  }

  take(other: Substitution): void {
    this.#types = new Map(other.#types);
  }

  /** The type with its parameters replaced; those that stand for nothing become dyn with `free: "dyn"`. */
  apply(type: CelType, options: { readonly free: "kept" | "dyn" } = { free: "kept" }): CelType {
    switch (type.kind) {
      case "parameter": {
        const found = this.#types.get(type.name);
        if (found !== undefined) return this.apply(found, options);
        return options.free === "dyn" ? dynType : type;
      }
      case "list":
        return listType(this.apply(type.item, options));
      case "map":
        return mapType(this.apply(type.key, options), this.apply(type.value, options));
      case "opaque":
        return type.parameters.length === 0
          ? type
          : opaque(type.name, ...type.parameters.map((inner) => this.apply(inner, options)));
      default:
        return type;
    }
  }

  /** Whether `from` can stand where `to` is wanted; parameters are bound on the way, but only if it can. */
  assign(from: CelType, to: CelType): boolean {
    const trial = this.copy();
    if (!trial.#assign(from, to)) return false;
    this.take(trial);
    return true;
  }

  assignAll(from: readonly CelType[], to: readonly CelType[]): boolean {
    const trial = this.copy();
    if (from.length !== to.length || !from.every((type, i) => trial.#assign(type, to[i]!))) return false;
    this.take(trial);
    return true;
  }

  #assign(from: CelType, to: CelType): boolean {
    if (to.kind === "parameter") {
      const bound = this.#bind(to.name, from);
      if (bound !== undefined) return bound;
    }
    if (from.kind === "parameter") return this.#bind(from.name, to) ?? true;
    if (isDynamic(from) || isDynamic(to)) return true;
    if (from.kind === "null" || to.kind === "null") return isNullable(from) && isNullable(to);
    if (from.kind !== to.kind) return false;
    switch (from.kind) {
      case "list":
        return this.#assign(from.item, (to as typeof from).item);
      case "map":
        return this.#assign(from.key, (to as typeof from).key) && this.#assign(from.value, (to as typeof from).value);
      case "object":
        return from.name === (to as typeof from).name;
      case "opaque": {
        const other = to as typeof from;
        return (
          from.name === other.name && from.parameters.every((inner, i) => this.#assign(inner, other.parameters[i]!))
        );
      }
      default:
        return true;
    }
  }

  /** Binds a parameter, or widens what it is bound to; undefined when it was free. */
  #bind(name: string, type: CelType): boolean | undefined {
    if (type.kind === "parameter" && type.name === name) return true;
    const known = this.#types.get(name);
    if (known === undefined) {
      if (mentions(this.apply(type), name)) return false;
      this.#types.set(name, type);
      return true;
    }
    if (!this.#assign(type, known)) return false;
    if (isDynamic(this.apply(type)) && !isDynamic(this.apply(known))) this.#types.set(name, type);
    return true;
  }
}

function isNullable(type: CelType): boolean {
  return ["null", "object", "opaque", "timestamp", "duration"].includes(type.kind);
}

function mentions(type: CelType, name: string): boolean {
  switch (type.kind) {
    case "parameter":
      return type.name === name;
    case "list":
      return mentions(type.item, name);
    case "map":
      return mentions(type.key, name) || mentions(type.value, name);
    case "opaque":
      return type.parameters.some((inner) => mentions(inner, name));
    default:
      return false;
  }
}

/** The type with fresh names for its parameters. */
export function freshen(type: CelType, suffix: string): CelType {
  switch (type.kind) {
    case "parameter":
      return parameter(`${type.name}${suffix}`);
    case "list":
      return listType(freshen(type.item, suffix));
    case "map":
      return mapType(freshen(type.key, suffix), freshen(type.value, suffix));
    case "opaque":
      return opaque(type.name, ...type.parameters.map((inner) => freshen(inner, suffix)));
    default:
      return type;
  }
}
