import type { Diagnostic, Pos } from "@lateen/base";
import type { Label } from "../eval/label.ts";
import type { Run } from "../eval/run.ts";
import type { Bottom } from "../eval/values.ts";
import type { Vertex } from "../eval/vertex.ts";
import type { SourceRanks } from "./sources.ts";

/** What is found out about an error before it becomes a diagnostic. */
export interface Finding {
  /** In CUE's words, unless something better is known. */
  readonly message?: string | undefined;
  readonly help?: string | undefined;
  /** The place to mend, where that is not simply the nearest one. */
  readonly pos?: Pos | undefined;
  /** Places that have a part in it, each with what stands there. */
  readonly places?: readonly Place[];
  /** Another diagnostic says it better. */
  readonly instead?: Diagnostic | undefined;
  /** What else there is to say. */
  readonly causes?: readonly Diagnostic[];
}

export interface Place {
  readonly pos: Pos | undefined;
  readonly says: string;
  /** Only told where nothing else on its line is. */
  readonly isMinor?: boolean;
}

/** An error and where it stands. */
export interface Subject {
  readonly error: Bottom;
  readonly path: readonly Label[];
  /** The field that is wrong, where the error knows it. */
  readonly vertex: Vertex | undefined;
}

/** What those who look into errors share. */
export interface Inquiry {
  readonly run: Run;
  readonly ranks: SourceRanks;
  /** An error within this one, as a diagnostic of its own. */
  readonly report: (subject: Subject) => Diagnostic;
}
