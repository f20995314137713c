import type { JsonObject } from "@lateen/base";
import type { ApplicationCase } from "./applications.ts";
export function answerDeploy(_item: ApplicationCase): JsonObject {
  throw new Error("not yet");
}
