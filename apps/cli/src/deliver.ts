import { isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { restartWorkflow } from "@lateen/delivery/pure";
import { type KubeObject, describeObject, valueAt } from "@lateen/objects";
import { applicationApi, followApplication, outcomeOf, type Outcome } from "./application-view.ts";
import { createLiveBlock } from "./live.ts";
import { type Manifest, diagnosticsOf } from "./manifests.ts";
import { drawApplication, newsBetween, plainMessage } from "./tree.ts";
import type { ApplicationTree, StepNode } from "@lateen/delivery/pure";
import type { Diagnostic } from "@lateen/base";
import type { Terminal } from "./terminal.ts";

export const isApplication = (object: KubeObject): boolean =>
  object.kind === "Application" && object.apiVersion.startsWith("core.oam.dev/");

export interface Delivered {
  readonly manifest: Manifest;
  readonly object: KubeObject;
  readonly change: "created" | "configured" | "unchanged" | "restarted" | "retried";
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
  const target = { namespace: after.metadata.namespace ?? "default", name: after.metadata.name ?? "" };
  const retried = outcomeOf(after) === undefined ? failingStepOf(after) : undefined;
  if (outcomeOf(after) === "failed" || retried !== undefined) {
    const change = await startAgain(client, target, retried);
    return { manifest, object: await client.get({ ...applicationApi, ...target }, { signal }), change };
  }
  return { manifest, object: after, change: "unchanged" };
}

async function startAgain(
  client: Client,
  target: { readonly namespace: string; readonly name: string },
  step: string | undefined,
): Promise<Delivered["change"]> {
  try {
    await restartWorkflow(client, step === undefined ? target : { ...target, step });
    return step === undefined ? "restarted" : "retried";
  } catch (error) {
    // The engine was faster: the step that failed a moment ago runs again already.
    if (step !== undefined && (error as Error).name === "OperationError") return "unchanged";
    throw error;
  }
}

/** The step that fails while the run still tries it again. */
function failingStepOf(application: KubeObject): string | undefined {
  const steps = (valueAt(application, "status", "workflow", "steps") ?? []) as readonly {
    readonly name: string;
    readonly phase?: string;
  }[];
  return steps.find(({ phase }) => phase === "failed")?.name;
}

/** One line for each delivered object. */
export function describeDelivered({ object, change }: Delivered): string {
  const name = describeObject(object);
  if (change === "unchanged") return `${name} unchanged`;
  if (change === "retried") return `${name} unchanged; a step of its workflow fails, so it is tried again now`;
  if (change === "restarted") return `${name} unchanged; its last workflow failed, so it is started again`;
  return `${name} ${change}`;
}

export interface WatchToRestOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Which workflow run is meant: a restart leaves the generation as it was, so the end of the run before must not count. */
  readonly since?: string | undefined;
  /** What was known before: only what is new is told. */
  readonly baseline?: ApplicationTree | undefined;
}

/** A step that is failed for so long while the engine tries it again is told as a failure; shorter ones mend themselves. */
const failingMs = 3_000;

/** Draws an application until it is suspended, healthy, failed or gone. */
export async function watchToRest(
  client: Client,
  object: KubeObject,
  { terminal, signal, since, baseline }: WatchToRestOptions,
): Promise<{ outcome: Outcome; tree: ApplicationTree | undefined }> {
  const block = createLiveBlock(terminal);
  let latest = baseline;
  let failingSince: number | undefined;
  const until = (application: KubeObject): Outcome | undefined => {
    if (since !== undefined && valueAt(application, "status", "workflow", "startTime") === since) return undefined;
    const outcome = outcomeOf(application);
    if (outcome !== undefined || failedStep(latest) === undefined) failingSince = undefined;
    else failingSince ??= Date.now();
    return outcome ?? (failingSince !== undefined && Date.now() - failingSince >= failingMs ? "failed" : undefined);
  };
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
        until,
      },
    );
    return { outcome, tree: latest };
  } finally {
    block.finish();
  }
}

/** The first step (or sub-step) that has failed. */
export function failedStep(tree: ApplicationTree | undefined): StepNode | undefined {
  return tree?.workflow?.steps.flatMap((one) => [one, ...one.subSteps]).find((one) => one.phase === "failed");
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
    const step = failedStep(tree);
    const reason = step === undefined ? (tree?.message ?? "") : `${step.name}: ${plainMessage(step.message ?? "")}`;
    return [`failed: ${reason}`.trimEnd(), 'mend the cause; "lateen up -f FILE" then starts it again'];
  }
  return outcome === "healthy" ? ["healthy"] : ["deleted"];
}
