export type PatchErrorCode =
  /** The patch itself is no patch: what the server answers with 400. */
  | "BadPatch"
  /** The patch does not fit the document: an operation failed, a path is missing. */
  | "NotApplicable"
  /** A directive of a strategic patch is malformed or unknown. */
  | "BadDirective"
  /** A change of identity was asked for, or live changes would be lost. */
  | "Conflict"
  | "Depth";

/** Why a patch could not be applied or made; the message is the server's. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly code: PatchErrorCode;

  constructor(code: PatchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Deepest nesting that the recursive patches follow. */
export const maxPatchDepth = 1_000;

export function checkDepth(depth: number): void {
  if (depth > maxPatchDepth) throw new PatchError("Depth", `nested deeper than ${maxPatchDepth} levels`);
}
