/** The bundled step definitions as objects, read from the definition files. */
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { KubeObject } from "@lateen/objects";
import { readDefinition } from "@lateen/delivery/pure";

let steps: readonly KubeObject[] | undefined;

export function builtinSteps(): readonly KubeObject[] {
  const folder = resolve(process.cwd(), "definitions/steps");
  steps ??= readdirSync(folder)
    .filter((name) => name.endsWith(".cue"))
    .flatMap((name) => {
      const { definition } = readDefinition(readFileSync(resolve(folder, name), "utf8"), {
        filename: name,
        namespace: "vela-system",
      });
      return definition === undefined ? [] : [definition];
    });
  return steps;
}
