import type { JsonObject } from "@lateen/base";
import type { ApplicationCase } from "./applications.ts";
export function answerDefinition(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
export function answerDefinitionCue(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
