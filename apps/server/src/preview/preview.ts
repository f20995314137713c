/**
 * What would happen: the objects are applied to a fork of a store, and the controllers that deliver work there in virtual
 * time until everything has come to rest. Nothing of it reaches the store itself or the outside.
 */
import { type Clock, createManualClock } from "@lateen/base";
import { type ApiServerOptions, type Store, createMemoryStore, parseStored } from "@lateen/apiserver";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import { type Client, createClient } from "@lateen/client";
import { oamLabels, systemNamespace } from "@lateen/delivery/pure";
import type { KubeObject, Transport } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { covered, coveredPair } from "./covered.ts";
import { type PreviewEnvironment, startPreviewEnvironment } from "./environment.ts";
import { Outside } from "./outside.ts";
import type { Preview, PreviewChange, PreviewOptions } from "./report.ts";
import { type Look, runToRest, turnLoop } from "./run-to-rest.ts";
import { applyObjects } from "./apply-objects.ts";
import { type Subject, subjectsOf } from "./subject.ts";
import { trackedResources, withManifests } from "./tracked.ts";
import { SubjectWatch } from "./subject-watch.ts";
import { WriteLog } from "./write-log.ts";

/** Turns of the event loop in which a write of this process reaches its caches, many times over. */
const turnsToBeSeen = 50;

export interface PreviewGround {
  /** The store of the control plane, which is forked; without one the preview begins on an empty one. */
  readonly store?: Store;
  /** What its server is made of. */
  readonly server?: Omit<ApiServerOptions, "store" | "clock" | "admitters" | "audit" | "auditPolicy">;
  /** When the preview begins; the fork's time otherwise stands still. */
  readonly clock: Pick<Clock, "now">;
  /** Who applies the objects; the control plane itself without it. Gets the preview's own server. */
  readonly as?: (server: PreviewEnvironment["server"]) => Transport;
  /** Everything in the store takes part, not only what the objects touch. */
  readonly scope?: "touched" | "all";
  /** Fills an empty store before the preview begins. */
  readonly seed?: (ground: { readonly store: Store; readonly client: Client }) => Promise<void>;
}

const dayMs = 24 * 60 * 60_000;

/** @throws when it does not come to rest, the signal's reason. */
export async function previewDelivery(
  options: PreviewOptions,
  ground: PreviewGround,
  { signal }: { readonly signal: AbortSignal },
): Promise<Preview> {
  const isEmpty = ground.store === undefined;
  await using store = ground.store?.fork() ?? createMemoryStore();
  const startMs = ground.clock.now();
  const clock = createManualClock(startMs, { settle: turnLoop });
  const writes = new WriteLog();
  const elapsed = (): number => clock.now() - startMs;
  const outside = new Outside({ answers: options.answers ?? {}, log: writes, elapsed });
  const subjects = subjectsOf(options);
  await using environment = await startPreviewEnvironment({
    store,
    clock,
    server: ground.server ?? { platform: nodePlatform },
    includes: isEmpty || ground.scope === "all" ? isNoBuiltin(options) : belongsTo(subjects),
    writes,
    outside,
    signal,
  });
  const { client } = environment;
  await ground.seed?.({ store, client });
  const revision = store.revision;
  // What was there before is compared in the end, however much virtual time has passed.
  store.pin(revision, { owner: "preview", ttlMs: Number.MAX_SAFE_INTEGER });
  const before = await trackedResources(client, subjects);
  const transport = ground.as?.(environment.server);
  const author = transport === undefined ? client : createClient({ transport, kinds: builtinKinds() });
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < turnsToBeSeen; turn++) await turnLoop();
  };
  const applied = await applyObjects(author, client, { options, assumesNamespaces: isEmpty, rest, signal });
  const watched = subjects.map(
    (subject) =>
      new SubjectWatch(subject, { client, outside, writes, elapsed, options, assumesNamespaces: isEmpty, signal }),
  );
  const refused = new Set(applied.refusals.map(({ index }) => options.objects[index]));
  const running = watched.filter(({ subject }) => !refused.has(subject.object));
  if (running.length > 0)
    await runToRest({
      clock,
      store,
      idle: environment.idle,
      horizonMs: options.horizonMs ?? dayMs,
      signal,
      look: () => lookAtAll(running, environment),
    });
  const after = await withManifests(client, await trackedResources(client, subjects));
  const relevant = new Set([
    ...applied.objects.map(nameOf),
    ...[...before, ...after].map(nameOf),
    ...running.flatMap((one) => one.writes().map(nameOf)),
  ]);
  return {
    revision: isEmpty ? 0 : revision,
    begun: new Date(startMs).toISOString(),
    refusals: applied.refusals,
    warnings: [...applied.warnings, ...outside.webhooks().map(({ what, assumed }) => `would ${what}: ${assumed}`)],
    subjects: watched.map((one) => (running.includes(one) ? one.report(after) : one.refused())),
    changes: changesOf(store, revision, (object) =>
      relevant.has(nameOf({ namespace: "", ...object, ...object.metadata })),
    ),
  };
}

async function lookAtAll(subjects: readonly SubjectWatch[], environment: PreviewEnvironment): Promise<Look> {
  environment.check();
  let look: Look = { rests: true, quietMs: Number.POSITIVE_INFINITY, nextMs: undefined };
  for (const one of subjects) {
    if (await one.look()) continue;
    const next = [look.nextMs, one.nextMs].filter((time) => time !== undefined);
    look = {
      rests: false,
      quietMs: Math.min(look.quietMs, one.quietMs),
      nextMs: next.length === 0 ? undefined : Math.min(...next),
    };
  }
  return look;
}

/** Built-in definitions are as they are; their revisions matter to who names one (`webservice@v1`). */
function isNoBuiltin({ objects }: PreviewOptions): (object: KubeObject) => boolean {
  const pins = /"type":"[^"]+@v\d/.test(JSON.stringify(objects));
  return ({ kind, metadata }) => pins || !kind.endsWith("Definition") || metadata.namespace !== systemNamespace;
}

function belongsTo(subjects: readonly Subject[]): (object: KubeObject) => boolean {
  const names = new Set(subjects.map(({ namespace, name }) => `${namespace}/${name}`));
  const places = new Set(subjects.map(({ namespace }) => namespace));
  return ({ kind, metadata }) => {
    if (kind === "Application" || kind === "WorkflowRun") return names.has(`${metadata.namespace}/${metadata.name}`);
    // What each namespace must have (a service account) is looked after.
    if (kind === "Namespace") return true;
    const { [oamLabels.name]: name, [oamLabels.namespace]: namespace } = metadata.labels ?? {};
    return name === undefined ? places.has(metadata.namespace ?? "") : names.has(`${namespace}/${name}`);
  };
}

function nameOf({
  apiVersion,
  kind,
  namespace,
  name,
}: {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name?: string;
}): string {
  return `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${kind}/${namespace ?? ""}/${name ?? ""}`;
}

/** What is other than at `revision`, secrets covered. */
function changesOf(
  store: Store,
  revision: number,
  isRelevant: (object: KubeObject) => boolean,
): readonly PreviewChange[] {
  const keys = new Set<string>();
  const end = store.subscribe("", revision, (event) => {
    if (event.kind !== "progress") keys.add(event.key);
  });
  end();
  return [...keys].toSorted().flatMap((key): readonly PreviewChange[] => {
    const [was, is] = [store.get(key, { at: revision }), store.get(key)];
    const before = was === undefined ? undefined : parseStored(was);
    const after = is === undefined ? undefined : parseStored(is);
    const object = after ?? before;
    if (object === undefined || !isRelevant(object)) return [];
    if (was !== undefined && is !== undefined && was.revision === is.revision) return [];
    const action = before === undefined ? "created" : after === undefined ? "deleted" : "changed";
    if (before !== undefined && after !== undefined) {
      const [hidden, shown] = coveredPair(before, after);
      return [{ action, before: hidden, after: shown }];
    }
    return [{ action, ...(before && { before: covered(before) }), ...(after && { after: covered(after) }) }];
  });
}
