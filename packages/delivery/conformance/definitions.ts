import { type JsonObject, formatDiagnostic } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { readDefinition } from "../src/definition/read-definition.ts";
import { writeDefinition } from "../src/definition/write-definition.ts";
import type { ApplicationCase } from "./applications.ts";

export function answerDefinition(item: ApplicationCase): JsonObject {
  const base = item.base as KubeObject | undefined;
  const { definition, diagnostics } = readDefinition(item.cue as string, {
    filename: "-",
    ...(base === undefined ? {} : { base }),
  });
  if (definition === undefined) throw new Error(diagnostics.map((one) => formatDiagnostic(one)).join("\n"));
  return { object: definition as unknown as JsonObject };
}

export function answerDefinitionCue(item: ApplicationCase): JsonObject {
  return { cue: writeDefinition(item.object as KubeObject) };
}
