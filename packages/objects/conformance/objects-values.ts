import type { JsonObject, JsonValue } from "@lateen/base";
import { evaluateJsonPath } from "../src/jsonpath/evaluate.ts";
import { parseCustomColumns, printCustomColumns, relaxedJsonPath, sortByJsonPath } from "../src/jsonpath/kubectl.ts";
import type { ObjectMeta } from "../src/kube-object.ts";
import type { MetaLabelSelector } from "../src/selectors/labels.ts";
import { type Condition, withCondition } from "../src/values/conditions.ts";
import { nextCronTime, parseCron } from "../src/values/cron.ts";
import { formatDuration, humanDuration, parseDuration, shortHumanDuration } from "../src/values/duration.ts";
import { resolveFenceposts, scaledIntOrPercent } from "../src/values/int-or-string.ts";
import type { QuantityFormat } from "../src/values/quantity.ts";
import { parseMicroTime, parseTime, timeOf } from "../src/values/time.ts";
import * as versions from "../src/values/version.ts";

/** The inputs of all kinds of cases together; a case has those of its kind. */
export interface Input {
  readonly a: string;
  readonly b: string;
  readonly text: string;
  readonly yaml: string;
  readonly json: string;
  readonly value: string;
  readonly format: QuantityFormat;
  readonly scale: number;
  readonly selector: string | MetaLabelSelector | null;
  readonly labels: Record<string, string>;
  readonly fields: Record<string, string>;
  readonly rule: string;
  readonly field: string;
  readonly generateName: string;
  readonly metadata: ObjectMeta;
  readonly nameRule: string;
  readonly namespaced: boolean;
  readonly new: ObjectMeta;
  readonly old: ObjectMeta;
  readonly kind: string;
  readonly original: JsonObject;
  readonly modified: JsonObject;
  readonly current: JsonObject;
  readonly lastApplied: JsonObject | null;
  readonly patch: JsonObject;
  readonly overwrite: boolean;
  readonly seconds: number;
  readonly type: string;
  readonly total: number;
  readonly roundUp: boolean;
  readonly desired: number;
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
  readonly form: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly start: string;
  readonly template: string;
  readonly data: JsonValue;
  readonly allowMissingKeys: boolean;
  readonly jsonOutput: boolean;
  readonly items: JsonValue[];
  readonly spec: string;
  readonly noHeaders: boolean;
  readonly conditions: Condition[];
  readonly set: Condition;
}

export type Answer = (input: Input) => unknown;

function timeJson(json: string, type: string): string {
  const value = JSON.parse(json) as unknown;
  if (value === null) return "null";
  if (typeof value !== "string") throw new Error(`json: cannot unmarshal ${typeof value} into Go value of type string`);
  return JSON.stringify(type === "MicroTime" ? parseMicroTime(value) : parseTime(value));
}

export const valueAnswers: Record<string, Answer> = {
  "duration/parse": ({ text }) => {
    const nanoseconds = parseDuration(text);
    return { nanoseconds: String(nanoseconds), canonical: formatDuration(nanoseconds) };
  },
  "duration/human": ({ seconds }) => ({ human: humanDuration(seconds), short: shortHumanDuration(seconds) }),
  "time/json": ({ json, type }) => ({ json: timeJson(json, type) }),
  "intorstring/scaled": ({ value, total, roundUp }) => ({
    value: scaledIntOrPercent(value, total, roundUp ? "up" : "down"),
  }),
  "intorstring/fenceposts": ({ desired, maxSurge, maxUnavailable }) =>
    resolveFenceposts({ maxSurge, maxUnavailable }, desired),
  "version/kube": ({ a, b }) => ({ sign: versions.compareKubeVersions(a, b) }),
  "version/parse": ({ form, text }) => {
    const semantic = form === "semantic";
    const version = semantic ? versions.parseSemanticVersion(text) : versions.parseGenericVersion(text);
    const { components, preRelease, build } = version;
    return { components, text: versions.formatVersion(version), ...(semantic && { preRelease, build }) };
  },
  "version/compare": ({ a, b }) => ({
    cmp: versions.compareVersions(versions.parseSemanticVersion(a), versions.parseSemanticVersion(b)),
  }),
  "cron/next": ({ schedule, timeZone, start }) => {
    const cron = parseCron(schedule, timeZone);
    const next: string[] = [];
    let time: number | undefined = Date.parse(start);
    for (let i = 0; i < 5; i++) {
      time = nextCronTime(cron, time);
      if (time === undefined) break;
      next.push(timeOf(time));
    }
    return { next };
  },
  "jsonpath/template": ({ template, data, allowMissingKeys, jsonOutput }) => ({
    output: evaluateJsonPath(template, data, { allowMissingKeys, jsonOutput }),
  }),
  "jsonpath/relaxed": ({ text }) => ({ template: relaxedJsonPath(text) }),
  "jsonpath/columns": ({ items, spec, noHeaders }) => ({
    text: printCustomColumns(parseCustomColumns(spec), items, { headers: !noHeaders }),
  }),
  "jsonpath/sortBy": ({ items, field }) => ({ order: sortByJsonPath(field, items) }),
  "conditions/set": ({ conditions, set }) => withCondition(conditions, set, "2026-03-01T00:00:00Z"),
};
