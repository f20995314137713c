/** Answers the recorded application cases: `npm run conformance:applications`. One function a kind of case. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { answerDefinition, answerDefinitionCue } from "./definitions.ts";
import { answerApplicationPolicies } from "./application-policies.ts";
import { answerDeploy } from "./deploy.ts";
import { answerHealth } from "./health.ts";
import { answerOverride, answerPlacement, answerPolicyMerge, answerPolicyRule, answerReplication } from "./policies.ts";
import { answerRender, answerValidate } from "./render.ts";
import { answerHash, answerSchema, answerSchemaConfigMap } from "./schemas.ts";

export interface ApplicationCase {
  readonly id: string;
  readonly kind: string;
  readonly application?: KubeObject;
  readonly definitions?: readonly KubeObject[];
  readonly objects?: readonly KubeObject[];
  readonly clusters?: readonly {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly version?: JsonObject;
  }[];
  readonly context?: JsonObject;
  readonly gates?: Readonly<Record<string, boolean>>;
  readonly [field: string]: unknown;
}

const kinds: Readonly<Record<string, (item: ApplicationCase) => JsonObject | Promise<JsonObject>>> = {
  render: answerRender,
  deploy: answerDeploy,
  validate: answerValidate,
  override: answerOverride,
  replication: answerReplication,
  placement: answerPlacement,
  "policy-merge": answerPolicyMerge,
  "policy-rule": answerPolicyRule,
  "application-policies": answerApplicationPolicies,
  health: answerHealth,
  schema: answerSchema,
  "schema-configmap": answerSchemaConfigMap,
  definition: answerDefinition,
  "definition-cue": answerDefinitionCue,
  hash: answerHash,
};

export function answer(item: ApplicationCase): JsonObject | Promise<JsonObject> {
  const run = kinds[item.kind];
  if (run === undefined) throw new Error(`no answer for cases of kind ${item.kind}`);
  return run(item);
}

export const jsonOf = (value: unknown): JsonValue => value as JsonValue;
export { isJsonObject, valueAt };
