import type { JsonObject } from "@lateen/base";
import type { ApplicationCase } from "./applications.ts";
export function answerHash(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
export function answerSchema(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
export function answerSchemaConfigMap(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
