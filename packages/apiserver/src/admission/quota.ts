import { isJsonObject, type JsonObject } from "@lateen/base";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  type KubeObject,
  parseQuantity,
  subtractQuantities,
} from "@lateen/objects";
import { statusOf, withStatusPart } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { internalResourceRequest } from "../server/internal-request.ts";
import { forbidden } from "../status/errors.ts";
import { matchesScopes } from "./quota-scopes.ts";
import { missingForQuota, usageOf } from "./quota-usage.ts";

/**
 * Charges what a new or changed object uses to the quotas of its namespace, before it is written; a quota that would be
 * exceeded refuses it (pkg/quota, plugin/pkg/admission/resourcequota). Only resources with `status.hard` are counted.
 * @throws Forbidden.
 */
export async function chargeQuotas(
  request: ResourceRequest,
  {
    object,
    old,
    dryRun,
  }: { readonly object: KubeObject; readonly old: KubeObject | undefined; readonly dryRun: boolean },
): Promise<void> {
  const { resource, core, table, namespace } = request;
  if (namespace === undefined || request.subresource !== undefined || resource.kind.kind === "ResourceQuota") return;
  const quotas = table.lookup({ group: "", version: "v1", plural: "resourcequotas" })!;
  const { entries } = core.store.range(`${quotas.prefix}${namespace}/`);
  if (entries.length === 0) return;
  const after = usageOf(resource, object);
  const before = old === undefined ? {} : usageOf(resource, old);
  for (const entry of entries) {
    const quota = core.reader.read(quotas, entry);
    if (!matchesScopes(resource, quota, object)) continue;
    const missing = old === undefined ? missingForQuota(resource, object, Object.keys(hardOf(quota))) : [];
    if (missing.length > 0) {
      throw forbidden(
        resource.groupResource,
        object.metadata.name ?? "",
        `failed quota: ${quota.metadata.name}: must specify ${missing.join(",")}`,
      );
    }
    const delta = deltaOf(before, after, Object.keys(hardOf(quota)));
    if (Object.keys(delta).length === 0) continue;
    if (dryRun) {
      charged(request, quota, { delta, object });
      continue;
    }
    const target = {
      resource: quotas,
      verb: "update" as const,
      namespace,
      name: quota.metadata.name ?? "",
      subresource: "status",
    };
    const options = { dryRun: false, fieldManager: "lateen", fieldValidation: "Ignore" as const, force: true };
    await core.changeObject(internalResourceRequest(core, target), options, (live) => ({
      object: charged(request, live, { delta, object }),
    }));
  }
}

function hardOf(quota: KubeObject): JsonObject {
  const { hard } = statusOf(quota);
  return isJsonObject(hard) ? hard : {};
}

type Amounts = Readonly<Record<string, string>>;

/** What is used more than before, of the resources that the quota counts. */
function deltaOf(before: Amounts, after: Amounts, counted: readonly string[]): Amounts {
  const delta: Record<string, string> = {};
  for (const name of counted) {
    const more = subtractQuantities(parseQuantity(after[name] ?? "0"), parseQuantity(before[name] ?? "0"));
    if (compareQuantities(more, parseQuantity("0")) > 0) delta[name] = formatQuantity(more);
  }
  return delta;
}

/** The quota with the delta used up. @throws Forbidden when that is more than it has. */
function charged(
  request: ResourceRequest,
  quota: KubeObject,
  { delta, object }: { readonly delta: Amounts; readonly object: KubeObject },
): KubeObject {
  const hard = hardOf(quota);
  const used = (statusOf(quota).used ?? {}) as JsonObject;
  const total: Record<string, string> = {};
  const exceeded: string[] = [];
  for (const [name, more] of Object.entries(delta)) {
    const sum = addQuantities(parseQuantity(textOf(used[name]) || "0"), parseQuantity(more));
    total[name] = formatQuantity(sum);
    if (compareQuantities(sum, parseQuantity(textOf(hard[name]))) > 0) exceeded.push(name);
  }
  if (exceeded.length === 0) return withStatusPart(quota, { used: { ...used, ...total } });
  exceeded.sort();
  const list = (amounts: JsonObject): string =>
    exceeded.map((name) => `${name}=${textOf(amounts[name]) || "0"}`).join(",");
  throw forbidden(
    request.resource.groupResource,
    object.metadata.name ?? "",
    `exceeded quota: ${quota.metadata.name}, requested: ${list(delta)}, used: ${list(used)}, limited: ${list(hard)}`,
  );
}
