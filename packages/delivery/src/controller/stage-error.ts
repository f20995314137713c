/** A failure of one stage of a delivery: a condition and a phase of the Application, not an error of the controller. */
export class StageError extends Error {
  override readonly name = "StageError";
  readonly condition: string;
  readonly phase: string | undefined;
  constructor(condition: string, message: string, phase?: string) {
    super(message);
    this.condition = condition;
    this.phase = phase;
  }
}
