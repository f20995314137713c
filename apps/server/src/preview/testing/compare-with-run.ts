/** The property of previews: what they say is what the delivery then comes to. */
import { type JsonObject, type JsonValue, canonicalJson, isApiError, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { declaredOf, managedResourcesOf, oamLabels, resumeWorkflow } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { covered } from "../covered.ts";
import type { Preview, PreviewOptions } from "../report.ts";
import { recordedSteps, standingOf } from "../subject.ts";

/** A control plane at work. */
export interface World {
  readonly client: Client;
  /** What takes longer is not compared. */
  readonly limitMs?: number;
  readonly preview: (options: PreviewOptions) => Promise<Preview>;
  /** Lets it go on for a while: until nothing happens any more, or for a moment of real time. @returns false when it will not. */
  readonly goOn: () => Promise<boolean>;
}

export interface Comparison {
  readonly end: string;
  /** Empty where preview and delivery agree. */
  readonly differences: readonly string[];
  readonly objects: number;
  /** Why it is not compared. */
  readonly skipped?: "the preview does not send what the delivery would" | "in real time it takes too long";
}

/** What is known of an application in words that equal for equal ends. */
interface State {
  readonly phase: string;
  readonly steps: readonly string[];
  readonly objects: ReadonlyMap<string, string>;
}

/** Previews the application, delivers it, and compares. */
export async function compareWithRun(world: World, application: KubeObject): Promise<Comparison> {
  const { client } = world;
  const { namespace = "default", name = "" } = application.metadata;
  const before = await stateOf(client, { namespace, name });
  const preview = await world.preview({ objects: [application], resume: "all" });
  const [subject] = preview.subjects;
  const nothing = { differences: [], objects: 0 };
  if ((subject?.outside.length ?? 0) > 0)
    return { ...nothing, end: "outside", skipped: "the preview does not send what the delivery would" };
  // A step that fails is tried again with growing pauses.
  if ((subject?.endMs ?? 0) > (world.limitMs ?? Number.POSITIVE_INFINITY))
    return { ...nothing, end: "slow", skipped: "in real time it takes too long" };
  const expected = stateOfPreview(preview, before);
  const refusal = await client.apply(application, { fieldManager: "lateen" }).then(
    () => undefined,
    (error: unknown) => {
      if (!isApiError(error)) throw error;
      return error.status.message;
    },
  );
  if (refusal !== undefined || preview.refusals.length > 0) {
    const said = preview.refusals[0]?.status.message;
    return {
      end: "refused",
      differences: said === refusal ? [] : [`refusal: preview ${said}, delivery ${refusal}`],
      objects: 0,
    };
  }
  const resumed = new Set<string>();
  let differences: readonly string[] = [];
  do {
    const live = await client.get({ apiVersion: application.apiVersion, kind: "Application", namespace, name });
    if (standingOf(live)?.end === "suspended") {
      const held = recordedSteps(live).find(({ phase, id }) => phase === "suspending" && !resumed.has(id));
      if (held !== undefined) {
        resumed.add(held.id);
        await resumeWorkflow(client, { namespace, name, step: held.name });
      }
    }
    differences = differencesOf(expected, await stateOf(client, { namespace, name }));
  } while (differences.length > 0 && (await world.goOn()));
  return { end: subject?.end ?? "", differences, objects: expected.objects.size };
}

function differencesOf(expected: State, found: State): readonly string[] {
  const differences: string[] = [];
  if (expected.phase !== found.phase) differences.push(`phase: preview ${expected.phase}, delivery ${found.phase}`);
  if (expected.steps.join() !== found.steps.join())
    differences.push(`steps: preview ${expected.steps.join(" ")}, delivery ${found.steps.join(" ")}`);
  for (const key of new Set([...expected.objects.keys(), ...found.objects.keys()])) {
    const [one, other] = [expected.objects.get(key), found.objects.get(key)];
    if (one !== other) differences.push(`${key}: preview ${one ?? "absent"}, delivery ${other ?? "absent"}`);
  }
  return differences;
}

async function stateOf(client: Client, { namespace, name }: { namespace: string; name: string }): Promise<State> {
  const reference = { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace, name };
  const application = await client.get(reference).catch(undefinedIfAbsent);
  const { items } = await client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "ResourceTracker" });
  const own = items.filter(
    ({ metadata }) => metadata.labels?.[oamLabels.name] === name && metadata.labels[oamLabels.namespace] === namespace,
  );
  const objects = new Map<string, string>();
  for (const one of own.flatMap((tracker) => managedResourcesOf(tracker))) {
    const place = one.namespace === "" ? {} : { namespace: one.namespace };
    const live = await client
      .get({ apiVersion: storedVersions[one.kind] ?? one.apiVersion, kind: one.kind, name: one.name, ...place })
      .catch(undefinedIfAbsent);
    if (live !== undefined) objects.set(keyOf(live), textOf(live));
  }
  return {
    phase: String((valueAt(application?.status, "status") as string | undefined) ?? ""),
    steps: application === undefined ? [] : recordedSteps(application).map((step) => `${step.name}:${step.phase}`),
    objects,
  };
}

/** What was there, with what the preview changes. */
function stateOfPreview({ subjects, changes }: Preview, before: State): State {
  const [subject] = subjects;
  const tracked = new Set((subject?.resources ?? []).map(({ manifest }) => keyOf(manifest)));
  const objects = new Map([...before.objects].filter(([key]) => tracked.has(key)));
  for (const { before: was, after } of changes) {
    const object = after ?? was!;
    if (
      object.kind === "Application" &&
      object.metadata.name === subject?.name &&
      object.metadata.namespace === subject?.namespace
    )
      continue;
    if (after === undefined) objects.delete(keyOf(object));
    else if (tracked.has(keyOf(object)) || before.objects.has(keyOf(object))) objects.set(keyOf(object), textOf(after));
  }
  return {
    phase: subject?.phase ?? "",
    steps: (subject?.steps ?? []).filter(({ phase }) => phase !== "").map(({ name, phase }) => `${name}:${phase}`),
    objects,
  };
}

/** A preview tells objects as they are stored. */
const storedVersions: Readonly<Record<string, string>> = { HorizontalPodAutoscaler: "autoscaling/v2" };

const keyOf = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace ?? ""}/${(metadata.name ?? "").replaceAll(stepId, "-ID")}`;

/** Names that end in the id of a step differ from run to run. */
const stepId = /-[a-z1-9]{10}(?=-|$|")/g;

const told = [
  "replicas",
  "readyReplicas",
  "updatedReplicas",
  "succeeded",
  "desiredNumberScheduled",
  "numberReady",
] as const;

/** An object as it is declared, and how far it has come; names that are made by chance are alike. */
function textOf(object: KubeObject): string {
  const status = isJsonObject(object.status) ? object.status : {};
  const progress = Object.fromEntries(
    told.flatMap((name) => (status[name] === undefined ? [] : [[name, status[name]]])),
  );
  const text = canonicalJson({ ...declaredOf(covered(object)), progress } as JsonObject as JsonValue);
  return text
    .replaceAll(/\*\*\* \((?:before|after)\)/g, "***")
    .replaceAll(stepId, "-ID")
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UID");
}

function undefinedIfAbsent(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
