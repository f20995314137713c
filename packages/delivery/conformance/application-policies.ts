import type { JsonObject } from "@lateen/base";
import type { ApplicationCase } from "./applications.ts";
export function answerApplicationPolicies(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
