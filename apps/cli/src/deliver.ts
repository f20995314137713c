import { isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { restartWorkflow } from "@lateen/delivery/pure";
import { type KubeObject, describeObject, valueAt } from "@lateen/objects";
import { applicationApi, followApplication, outcomeOf, type Outcome } from "./application-view.ts";
import { createLiveBlock } from "./live.ts";
import { type Manifest, diagnosticsOf } from "./manifests.ts";
import { drawApplication, newsBetween } from "./tree.ts";
import type { ApplicationTree } from "@lateen/delivery/pure";
import type { Diagnostic } from "@lateen/base";
import type { Terminal } from "./terminal.ts";

export const isApplication = (object: KubeObject): boolean =>
  object.kind === "Application" && object.apiVersion.startsWith("core.oam.dev/");

export interface Delivered {
  readonly manifest: Manifest;
  readonly object: KubeObject;
  readonly change: "created" | "configured" | "unchanged" | "restarted";
}

export type DeliverResult =
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "delivered"; readonly objects: readonly Delivered[] };

export interface DeliverOptions {
  readonly namespace: string;
  readonly force?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Applies manifests: all are tried dry first, so that nothing of a refused set is applied. Definitions and other objects
 * come before Applications. An Application that is unchanged but failed gets its workflow restarted.
 */
export async function deliver(
  client: Client,
  manifests: readonly Manifest[],
  options: DeliverOptions,
): Promise<DeliverResult> {
  const { signal, force = false } = options;
  const ordered = [
    ...manifests.filter(({ object }) => !isApplication(object)),
    ...manifests.filter(({ object }) => isApplication(object)),
  ];
  const placed: { manifest: Manifest; object: KubeObject }[] = [];
  const refusals: Diagnostic[] = [];
  const newcomers = ordered.some(
    ({ object }) =>
      object.kind === "Namespace" || object.kind === "CustomResourceDefinition" || object.kind.endsWith("Definition"),
  );
  for (const manifest of ordered) {
    try {
      const object = await withNamespace(client, manifest.object, options);
      placed.push({ manifest, object });
      // What depends on an object of the same set cannot be tried before that one exists.
      if (!newcomers || !isApplication(object))
        await client.apply(object, { fieldManager: "lateen", force, dryRun: true, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      refusals.push(...diagnosticsOf(error, manifest));
    }
  }
  if (refusals.length > 0) return { kind: "refused", diagnostics: refusals };
  const objects: Delivered[] = [];
  for (const { manifest, object } of placed) {
    try {
      objects.push(await applyOne(client, manifest, object, options));
    } catch (error) {
      if (signal.aborted) throw error;
      return { kind: "refused", diagnostics: diagnosticsOf(error, manifest) };
    }
  }
  return { kind: "delivered", objects };
}

async function withNamespace(
  client: Client,
  object: KubeObject,
  { namespace, signal }: DeliverOptions,
): Promise<KubeObject> {
  if (object.metadata.namespace !== undefined) return object;
  const { namespaced } = await client.resolve(object.apiVersion, object.kind, { signal });
  return namespaced ? { ...object, metadata: { ...object.metadata, namespace } } : object;
}

async function applyOne(
  client: Client,
  manifest: Manifest,
  object: KubeObject,
  { force = false, signal }: DeliverOptions,
): Promise<Delivered> {
  const ref = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace,
    name: object.metadata.name ?? "",
  };
  const before = await client
    .get(ref, { signal })
    .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error as Error)));
  const after = await client.apply(object, { fieldManager: "lateen", force, signal });
  if (before === undefined) return { manifest, object: after, change: "created" };
  if (!isApplication(after))
    return {
      manifest,
      object: after,
      change: before.metadata.resourceVersion === after.metadata.resourceVersion ? "unchanged" : "configured",
    };
  if (before.metadata.generation !== after.metadata.generation)
    return { manifest, object: after, change: "configured" };
  if (outcomeOf(after) === "failed") {
    await restartWorkflow(client, {
      namespace: after.metadata.namespace ?? "default",
      name: after.metadata.name ?? "",
    });
    return {
      manifest,
      object: await client.get(
        { ...applicationApi, namespace: after.metadata.namespace, name: after.metadata.name ?? "" },
        { signal },
      ),
      change: "restarted",
    };
  }
  return { manifest, object: after, change: "unchanged" };
}

/** One line for each delivered object. */
export function describeDelivered({ object, change }: Delivered): string {
  const name = describeObject(object);
  if (change === "unchanged") return `${name} unchanged`;
  if (change === "restarted") return `${name} unchanged; its last workflow failed, so it is started again`;
  return `${name} ${change}`;
}

export interface WatchToRestOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Which workflow run is meant: a restart leaves the generation as it was, so the end of the run before must not count. */
  readonly since?: string | undefined;
}

/** Draws an application until it is suspended, healthy, failed or gone. */
export async function watchToRest(
  client: Client,
  object: KubeObject,
  { terminal, signal, since }: WatchToRestOptions,
): Promise<{ outcome: Outcome; tree: ApplicationTree | undefined }> {
  const block = createLiveBlock(terminal);
  let latest: ApplicationTree | undefined;
  try {
    const outcome = await followApplication(
      client,
      { namespace: object.metadata.namespace ?? "default", name: object.metadata.name ?? "" },
      {
        signal,
        onChange(tree) {
          const news = newsBetween(latest, tree);
          latest = tree;
          block.update(drawApplication(tree, { paint: terminal.style, resources: "all" }), news);
        },
        until: (application) =>
          since !== undefined && valueAt(application, "status", "workflow", "startTime") === since
            ? undefined
            : outcomeOf(application),
      },
    );
    return { outcome, tree: latest };
  } finally {
    block.finish();
  }
}

/** What to do next, in a line or two, after an application has come to rest. */
export function adviceFor(
  outcome: Outcome,
  tree: ApplicationTree | undefined,
  name: string,
  namespace: string,
): string[] {
  const scope = namespace === "default" ? "" : ` -n ${namespace}`;
  if (outcome === "suspended") {
    const step = tree?.workflow?.steps
      .flatMap((one) => [one, ...one.subSteps])
      .find((one) => one.phase === "suspending");
    return [`suspended at ${step?.name ?? "a step"}: go on with "lateen workflow resume ${name}${scope}"`];
  }
  if (outcome === "failed") {
    const step = tree?.workflow?.steps.flatMap((one) => [one, ...one.subSteps]).find((one) => one.phase === "failed");
    const reason = step === undefined ? (tree?.message ?? "") : `${step.name}: ${step.message ?? ""}`;
    return [`failed: ${reason}`.trimEnd(), `mend the cause, then "lateen up -f FILE" again starts the workflow anew`];
  }
  return outcome === "healthy" ? ["healthy"] : ["deleted"];
}
