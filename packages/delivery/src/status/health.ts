/** Health and status texts of definitions over live objects (kubevela-definitions.md 4). */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { CueError, type Value } from "@lateen/cue";
import { compileTemplate, fillTemplate } from "../render/template.ts";
import { fieldName } from "@lateen/workflow";

export interface StatusTexts {
  readonly healthPolicy: string;
  readonly customStatus: string;
  readonly details: string;
}

export interface StatusFacts {
  /** name, appName, appRevision, output, outputs: the live objects. */
  readonly context: JsonObject;
  readonly parameter: JsonObject | undefined;
  /** How messages name the texts. */
  readonly source: string;
}

export interface Assessment {
  readonly healthy: boolean;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  /** Why the health text could not be evaluated: evidence, not a verdict. */
  readonly evidence?: string;
}

const maxLabel = 32;
const hiddenLabels = new Set(["context", "parameter"]);

/** Details first, then health, then the message; an error in one text leaves the others. */
export function assessStatus(texts: StatusTexts, facts: StatusFacts): Assessment {
  const parameter = facts.parameter ?? {};
  const evaluate = (text: string, status: JsonObject): Value =>
    fillTemplate(compileTemplate(text, facts.source), {
      context: { ...facts.context, parameter, status },
      parameter,
    });
  const { shown, known } = detailsOf(texts.details, (text) => evaluate(text, {}));
  const withDetails: JsonObject = texts.details.trim() === "" ? {} : { details: known };
  const { healthy, evidence } = healthOf(texts.healthPolicy, (text) => evaluate(text, withDetails));
  const message = messageOf(texts.customStatus, (text) => evaluate(text, { ...withDetails, healthy }));
  return { healthy, message, details: shown, ...(evidence === undefined ? {} : { evidence }) };
}

type Evaluate = (text: string) => Value;

function detailsOf(text: string, evaluate: Evaluate): { shown: Record<string, string>; known: JsonObject } {
  const shown: Record<string, string> = {};
  const known: Record<string, JsonValue> = {};
  if (text.trim() === "") return { shown, known };
  const value = evaluate(text);
  if (value.err !== undefined && value.err.code === "compile") return { shown, known };
  for (const { selector, value: member } of value.fields()) {
    const name = fieldName(selector);
    if (hiddenLabels.has(name)) continue;
    const json = jsonOf(member);
    if (json !== undefined) known[name] = json;
    const isPrivate = member
      .attributes("field")
      .some((attribute) => attribute.name === "local" || attribute.name === "private");
    if (name.startsWith("$") || name.length >= maxLabel || isPrivate) continue;
    shown[name] = json === undefined ? "_|_" : typeof json === "string" ? json : textOf(member, json);
  }
  return { shown, known };
}

function textOf(value: Value, json: JsonValue): string {
  return typeof json === "object" && json !== null
    ? value.syntax({ final: true, concrete: true })
    : typeof json === "number"
      ? value.toJSONText().toLowerCase()
      : value.toJSONText();
}

function jsonOf(value: Value): JsonValue | undefined {
  try {
    return value.toJSON();
  } catch (error) {
    if (error instanceof CueError) return undefined;
    throw error;
  }
}

function healthOf(text: string, evaluate: Evaluate): { healthy: boolean; evidence?: string } {
  if (text.trim() === "") return { healthy: true };
  const value = evaluate(text);
  const [fault] = value.validate();
  if (fault !== undefined) return { healthy: false, evidence: fault.message };
  const isHealth = value.lookupPath("isHealth");
  const json = isHealth.exists ? jsonOf(isHealth) : undefined;
  if (typeof json === "boolean") return { healthy: json };
  return { healthy: false, evidence: isHealth.err?.message ?? "isHealth is not decided" };
}

function messageOf(text: string, evaluate: Evaluate): string {
  if (text.trim() === "") return "";
  const value = evaluate(text);
  const message = value.lookupPath("message");
  const json = message.exists ? jsonOf(message) : undefined;
  return typeof json === "string" ? json : "";
}

/** Data of a live object as a status context takes it. */
export function liveJson(object: unknown): JsonObject | undefined {
  return isJsonObject(object) ? object : undefined;
}
