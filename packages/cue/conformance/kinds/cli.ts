import { memoryTree, runCommand } from "../../src/command/index.ts";
import type { Answer, CueCase } from "../case.ts";

interface Step {
  readonly argv: readonly string[];
  readonly cmp?: readonly (readonly [string, string])[];
}

/** The steps of a case on its files in memory. */
export function answerCli(item: CueCase): Answer {
  const files = new Map(Object.entries(item.files));
  const tree = memoryTree(files);
  const steps = (item.ask.steps as readonly Step[]).map(({ argv, cmp = [] }) => ({
    ...runCommand(argv, tree),
    cmp: cmp.map(([a, b]) => tree.read(a) !== undefined && tree.read(a) === tree.read(b)),
  }));
  return { steps };
}
