/** A case of `conformance/cue` as an implementation sees it. */
export interface CueCase {
  readonly id: string;
  readonly category: string;
  readonly files: Readonly<Record<string, string>>;
  readonly entry: readonly string[];
  readonly opts?: unknown;
  readonly checks?: readonly { readonly path: string }[];
  /** What is asked. */
  readonly ask: {
    readonly kind: string;
    readonly opts?: string;
    readonly simplify?: boolean;
    /** Names of the wanted texts of kind `text`. */
    readonly texts: readonly string[];
    /** The steps of kind `cli`: what is called, and which files are compared then. */
    readonly steps?: readonly unknown[];
  };
}

/** A case of `conformance/cue-programs`. */
export interface ProgramCase {
  readonly id: string;
  readonly kind: string;
  readonly source?: string;
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  readonly fills?: readonly { readonly path: string; readonly json: string }[];
  readonly out?: string;
  readonly imports?: readonly string[];
  readonly expr?: string;
  readonly swapped?: string;
  readonly simplify?: boolean;
  readonly op?: string;
  readonly path?: string;
  readonly arg?: string;
  readonly opts?: unknown;
}

export type Answer = Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;

/** What is not built yet refuses, so that the judge counts it. */
export function refuse(kind: string): never {
  throw new Error(`kind ${kind} is not answered yet`);
}
