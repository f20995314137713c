/** Admission of WorkflowRuns as the API server's admission port asks it. */
import { type FailureStatus, type JsonValue, canonicalJson, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type NamePatch, admitRun } from "./admit-run.ts";
import { textOf } from "./text-of.ts";

/** A write that is to be judged. */
export interface RunReview {
  readonly operation: string;
  readonly object?: KubeObject | undefined;
  readonly oldObject?: KubeObject | undefined;
  readonly subresource?: string | undefined;
}

export type RunAnswer =
  | { readonly kind: "allowed"; readonly object?: KubeObject }
  | { readonly kind: "denied"; readonly status: FailureStatus };

/**
 * Names the steps of WorkflowRuns that have none, and refuses runs that cannot work; everything else passes, also an
 * update that leaves `spec` as it is.
 */
export function createRunAdmitter({
  client,
}: {
  readonly client: Pick<Client, "get">;
}): (review: RunReview) => Promise<RunAnswer> {
  return async ({ operation, object, oldObject, subresource }) => {
    if (object === undefined || !isRun(object) || (subresource ?? "") !== "") return { kind: "allowed" };
    if (oldObject !== undefined && specText(object) === specText(oldObject)) return { kind: "allowed" };
    const { allowed, code, message, namePatches } = admitRun(operation, object, await workflowOf(client, object));
    if (!allowed) return { kind: "denied", status: refusal(object, code ?? 400, message ?? "") };
    return namePatches.length === 0 ? { kind: "allowed" } : { kind: "allowed", object: named(object, namePatches) };
  };
}

const isRun = ({ apiVersion, kind }: KubeObject): boolean =>
  kind === "WorkflowRun" && apiVersion.startsWith("core.oam.dev/");

const specText = ({ spec }: KubeObject): string => canonicalJson((spec as JsonValue | undefined) ?? null);

async function workflowOf(client: Pick<Client, "get">, run: KubeObject): Promise<KubeObject | undefined> {
  const name = textOf(valueAt(run, "spec", "workflowRef"));
  if (name === "" || isJsonObject(valueAt(run, "spec", "workflowSpec"))) return undefined;
  const namespace = run.metadata.namespace ?? "default";
  return client.get({ apiVersion: run.apiVersion, kind: "Workflow", namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

/** The run with the names that its steps lack. */
function named(run: KubeObject, patches: readonly NamePatch[]): KubeObject {
  const copy = structuredClone(run);
  for (const { path, value } of patches) {
    let at: unknown = copy;
    for (const part of path.split("/").slice(1, -1)) at = (at as Record<string, unknown>)[part];
    (at as Record<string, unknown>)["name"] = value;
  }
  return copy;
}

function refusal(run: KubeObject, code: number, faults: string): FailureStatus {
  const name = run.metadata.name ?? "";
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `WorkflowRun ${JSON.stringify(name)} is invalid: ${faults.trim()}`,
    reason: code === 400 ? "BadRequest" : "Invalid",
    code,
    details: { name, group: "core.oam.dev", kind: "WorkflowRun" },
  };
}
