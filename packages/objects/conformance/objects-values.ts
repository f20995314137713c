import type { JsonObject } from "@lateen/base";
import type { ObjectMeta } from "../src/kube-object.ts";
import type { MetaLabelSelector } from "../src/selectors/labels.ts";
import type { QuantityFormat } from "../src/values/quantity.ts";

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
}

export type Answer = (input: Input) => unknown;

export const valueAnswers: Record<string, Answer> = {};
