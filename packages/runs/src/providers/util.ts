/** `vela/util`: bytes to text, patches of data, and where a step's logs are (kubevela-workflow.md 4.5). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import type { Value } from "@lateen/cue";
import {
  type ProviderContext,
  type ProviderFunction,
  type ProviderTable,
  applyPatch,
  tagsOf,
  treeJson,
  treeOf,
} from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export interface UtilProviderOptions {
  readonly log?: (entry: { readonly level: number; readonly step: string; readonly data: unknown }) => void;
}

export function utilProviders(options: UtilProviderOptions = {}): ProviderTable {
  const shared = { string: convertString, log: log(options) };
  return {
    util: {
      ...shared,
      "patch-k8s-object": { native: async (operation: Value) => patch(operation.lookupPath("$params")) },
    },
    op: { ...shared, "patch-k8s-object": { native: async (operation: Value) => patch(operation) } },
  };
}

/** Bytes come as base64 text of JSON. */
const convertString: ProviderFunction = async (params) => {
  const bytes = Uint8Array.from(atob(textOf(params.bt)), (char) => char.charCodeAt(0));
  return { str: new TextDecoder().decode(bytes) };
};

function patch(root: Value): JsonObject {
  const change = root.lookupPath("patch");
  const result = applyPatch(treeOf(root.lookupPath("value")), treeOf(change), tagsOf(change.doc));
  if (result.kind === "failed")
    return { err: result.problems.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") };
  const json = treeJson(result.tree, [], []);
  return { result: isJsonObject(json) ? json : {} };
}

/** Logs data, and remembers under the step's name where further logs are. */
function log(options: UtilProviderOptions): ProviderFunction {
  return async (params, { visit }: ProviderContext) => {
    const { values } = visit.variables;
    const known = JSON.parse(values.logConfig ?? "{}") as Record<string, JsonObject>;
    const own: Record<string, unknown> = { ...known[visit.step.name] };
    if (params.data !== undefined) {
      options.log?.({
        level: typeof params.level === "number" ? params.level : 3,
        step: visit.step.name,
        data: params.data,
      });
      own.data = true;
    }
    if (params.source !== undefined) own.source = params.source;
    values.logConfig = JSON.stringify({ ...known, [visit.step.name]: own });
    return undefined;
  };
}
