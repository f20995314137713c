import type { CueValue } from "../cue-value.ts";
import type { SchemaTerm, TermStore } from "./schema-term.ts";

/** How far a schema refuses fields that it does not name. */
export type Closing = "open" | "closed" | "recursively";

/** The same for what its fields hold. */
export function closingBelow(closing: Closing): Closing {
  return closing === "recursively" ? closing : "open";
}

/** What reads values as terms, as its parts see it. */
export interface TermReader {
  readonly store: TermStore;
  /** The schema of a value; open as it is written, unless something around closes it. */
  read(value: CueValue, closing?: Closing): SchemaTerm;
  /** The same for a field or a document: its description is part of it. */
  described(value: CueValue, closing: Closing): SchemaTerm;
}
