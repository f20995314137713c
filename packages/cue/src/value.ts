import type { Budget, Diagnostic, JsonValue, Pos } from "@lateen/base";

/**
 * The public face of a CUE value: what `context.compile` gives and everything else works on. Values are immutable: each
 * operation gives a new one, and an earlier value costs nothing more afterwards.
 */
export interface Value {
  /** False when the path that led here does not exist. */
  readonly exists: boolean;
  /** `null bool int float number string bytes list struct func top bottom`, joined by `|`: what it can be. */
  readonly incompleteKind: string;
  /** As `incompleteKind` for a concrete value, else `bottom`. */
  readonly kind: string;
  /** The error of this very value, if it is one (children's errors come with `validate`). */
  readonly err: Diagnostic | undefined;
  /** Where it is declared first. */
  readonly pos: Pos | undefined;
  /** The comments of its declarations. */
  readonly doc: readonly string[];
  /** Where it stands, from the root. */
  readonly path: readonly (string | number)[];
  /** `spec.template`, `"a-b".c[0]`, `#Def._hidden` in CUE's own notation. */
  lookupPath(path: string): Value;
  /** Puts a value at a path, unified with what is there. JSON values are concrete data. */
  fillPath(path: string, value: Value | JsonValue, options?: DataOptions): Value;
  /** Both at once, as `&` in a text. */
  unify(other: Value): Value;
  /** Equal as data: the order of fields does not count, defaults are taken. */
  equals(other: Value): boolean;
  /** Whether every instance of `other` is one of this. */
  subsumes(other: Value, options?: { readonly final?: boolean; readonly schema?: boolean }): boolean;
  /**
   * All errors, sorted and without doubles; empty when fine. `code` is `eval`, `user`, `structural cycle`, `incomplete`,
   * `cycle`, `limit` or `compile`. Only with `concrete` are non-concrete values errors.
   */
  validate(options?: { readonly concrete?: boolean; readonly final?: boolean }): readonly Diagnostic[];
  /** @throws CueError when it is not concrete data. Defaults are taken. */
  toJSON(): JsonValue;
  /** The JSON text with numbers as CUE spells them (`1.0` stays `1.0`). @throws CueError. */
  toJSONText(): string;
  /** The default of a disjunction; the value itself, and `exists: false`, where there is none. */
  default(): { readonly value: Value; readonly exists: boolean };
  /** Regular fields in their order; optional ones, definitions and hidden ones on demand. Empty for what is no struct. */
  fields(options?: {
    readonly optional?: boolean;
    readonly definitions?: boolean;
    readonly hidden?: boolean;
  }): readonly {
    readonly selector: string;
    readonly optional: boolean;
    readonly required: boolean;
    readonly value: Value;
  }[];
  /** The elements of a list; empty for everything else. */
  elements(): readonly Value[];
  /** `@name(body)` behind its declarations, or with `decl` within its structs. */
  attributes(kind?: "field" | "decl"): readonly { readonly name: string; readonly body: string }[];
  /** Whether a field or element may be added: `name`, `"a-b"`, `[3]`; `[string]` and `[_]` ask for any. */
  allows(selector: string): boolean;
  /** The operator that made it and its operands. */
  expr(): { readonly op: string; readonly operands: readonly Value[] };
  /** Where it leads, when it is nothing but a reference. */
  referencePath(): { readonly path: string } | undefined;
  /** CUE text. */
  syntax(options?: SyntaxOptions): string;
  /** Which conjuncts made this value: from which file and line, through what. Costs nothing until asked. */
  explain(path?: string): readonly Conjunct[];
  /**
   * The same for each plain value below.
   * @throws CueError of code `limit` when the budget ends first.
   */
  explainLeaves(path?: string): readonly Leaf[];
  /** Wrong whatever is added; not known until inputs are given, and which; or fine: concrete data. */
  verdict(): Verdict;
  /**
   * As JavaScript has it: integers beyond 2^53 as `bigint`, bytes as `Uint8Array`, the rest as `toJSON`.
   * @throws CueError as `toJSON` does.
   */
  decode(): unknown;
  /** This value, worked off: what is asked of it afterwards is at hand. */
  eval(): Value;
}

/** Where plain data comes from, so that errors can name the place. */
export interface DataOptions {
  /** A file name, or the name of an object. */
  readonly source?: string;
  /**
   * The place of a part within its text: `(["spec", "ports", 0]) → {line, column, offset}`; with `"key"` that of its
   * name. Asked only for errors.
   */
  readonly positionOf?: (path: readonly (string | number)[], of?: "value" | "key") => Omit<Pos, "source"> | undefined;
}

/** What CUE text of a value shows. Without any option it is what was written. */
export interface SyntaxOptions {
  readonly final?: boolean;
  readonly concrete?: boolean;
  readonly definitions?: boolean;
  readonly hidden?: boolean;
  readonly optional?: boolean;
  readonly attributes?: boolean;
  readonly docs?: boolean;
  readonly raw?: boolean;
  /** What the value is, not what was written; as `final`, but what is not known yet stays as it was written. */
  readonly evaluated?: "defaults kept" | "defaults taken";
  /** `int64` and the like by name, rather than as the bounds that they are. */
  readonly namesRanges?: boolean;
  /** Structs of one field are joined to their label: `a: b: 1`. */
  readonly simplify?: boolean;
  /** Errors name their paths. */
  readonly errorPaths?: boolean;
  /** Whether an error hides only itself; else it hides all of the struct that it is in. The first, where nothing is said. */
  readonly showsErrors?: boolean;
  /** What it refers to outside of itself becomes part of it, also where it is a whole configuration. */
  readonly selfContained?: boolean;
  /** Imports other than of the standard library become part of it. */
  readonly inlineImports?: boolean;
}

/** What is to be said of a whole value. */
export type Verdict =
  | { readonly kind: "fine" }
  | { readonly kind: "unknown"; readonly missing: readonly MissingInput[]; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "wrong"; readonly diagnostics: readonly Diagnostic[] };

/** A field that must be given a value. */
export interface MissingInput {
  readonly path: readonly (string | number)[];
  /** What it may be, as CUE text: `int & >0`. */
  readonly rule: string;
  readonly pos: Pos | undefined;
}

/** A plain value, and what made it. */
export interface Leaf {
  readonly path: readonly (string | number)[];
  /** The value as CUE text. */
  readonly value: string;
  readonly conjuncts: readonly Conjunct[];
}

/** A station on the way from where a conjunct was written to the field that it is said of. */
export interface Step {
  readonly kind: "reference" | "comprehension" | "pattern" | "fill";
  readonly text: string;
  readonly pos: Pos | undefined;
}

/** One part of a value. */
export interface Conjunct {
  readonly pos: Pos | undefined;
  /** The expression as written, one line. */
  readonly text: string;
  /** Whether it is a literal, a reference (with where it leads), a constraint, a default. */
  readonly role: "literal" | "reference" | "constraint" | "default" | "computed";
  readonly reference?: string | undefined;
  /** How it came here, in the order of the way: references followed, then what holds it in its text. */
  readonly via: readonly Step[];
  /** The plain value was taken from here. */
  readonly isChosen: boolean;
  /** What made the values that it refers to. */
  readonly parts: readonly Conjunct[];
  /** More is behind it than `parts` tells: an explanation goes 8 references deep and has about 300 parts. */
  readonly isCut?: boolean;
}

/** How a text becomes a value. */
export interface CompileOptions {
  readonly filename?: string;
  /** Names that the text may refer to and that are not its own: `context`, `parameter` of the caller. */
  readonly scope?: Value | undefined;
  readonly budget?: Budget;
}

/** A wrong program as an exception, for callers that want data or nothing. `code` is that of the worst diagnostic. */
export class CueError extends Error {
  override readonly name = "CueError";
  readonly code: string;
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join("\n"));
    this.diagnostics = diagnostics;
    this.code = diagnostics[0]?.code ?? "eval";
  }
}
