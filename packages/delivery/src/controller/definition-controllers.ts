/** Keeps each definition's revisions, and the schema of its parameter for user interfaces (kubevela-engine.md 2.10). */
import {
  type JsonObject,
  type JsonValue,
  canonicalJson,
  errorMessage,
  isAlreadyExists,
  isNotFound,
} from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type Request,
  isBeingDeleted,
  withCondition,
} from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import { SchemaError } from "../definition/parameter-schema.ts";
import { schemaConfigMaps, schemaName } from "../definition/schema-config-map.ts";
import { contentHash } from "./content-hash.ts";
import {
  currentRevision,
  definitionHash,
  definitionRevisionApi,
  revisedKinds,
  surplusDefinitionRevisions,
} from "./definition-revision.ts";

const oam = "core.oam.dev/v1beta1";
const configMapApi = { apiVersion: "v1", kind: "ConfigMap" } as const;

/** On a schema's ConfigMap: the definition it was made from. While it is the same there is nothing to do. */
const hashAnnotation = "lateen.dev/definition-hash";

const defaultRevisionLimit = 20;

export interface DefinitionControllerOptions {
  /** Revisions that are kept beside the current one. */
  readonly revisionLimit?: number;
}

/** One controller for each kind of definitions. One definition after the other: nobody waits for them. */
export function createDefinitionControllers(
  environment: Environment,
  { revisionLimit = defaultRevisionLimit }: DefinitionControllerOptions = {},
): readonly Controller[] {
  return Object.keys(revisedKinds).map((kind) => ({
    name: kind.toLowerCase(),
    concurrency: 1,
    sources: [{ apiVersion: oam, kind, when: isWorthwhile }],
    reconcile: async (request, { signal }) => {
      await environment.cache.synced({ kinds: [definitionRevisionApi], signal });
      await reconcileDefinition(environment, { ...request, kind }, { revisionLimit, signal });
      return undefined;
    },
  }));
}

function isWorthwhile({ metadata }: KubeObject, previous: KubeObject | undefined): boolean {
  const texts = (object: KubeObject["metadata"]): string =>
    JSON.stringify([object.generation, object.labels, object.annotations]);
  return previous === undefined || texts(metadata) !== texts(previous.metadata);
}

async function reconcileDefinition(
  { client, cache, clock }: Environment,
  { kind, namespace, name }: Request & { readonly kind: string },
  { revisionLimit, signal }: { readonly revisionLimit: number; readonly signal: AbortSignal },
): Promise<void> {
  const definition = await client.get({ apiVersion: oam, kind, namespace, name }, { signal }).catch(absent);
  if (definition === undefined || isBeingDeleted(definition)) return;
  const sourceHash = contentHash([
    definitionHash(definition),
    { ...definition.metadata.labels },
    { ...definition.metadata.annotations },
  ] as JsonValue);
  const stored = await client
    .get({ ...configMapApi, namespace, name: schemaName(definition, name) }, { signal })
    .catch(absent);
  const hasRevision = valueAt(definition.status, "latestRevision", "name") !== undefined;
  if (hasRevision && stored?.metadata.annotations?.[hashAnnotation] === sourceHash) return;

  const known = await knownRevisions(definition, { client, cache, signal });
  const { revision: wanted, isNew } = currentRevision(definition, known);
  const revision = isNew ? await client.create(wanted, { signal }).catch(taken) : wanted;
  const { own, revised, fault } = schemaObjects(definition, revision, sourceHash);
  const write = { fieldManager: "lateen-definitions", force: true, signal };
  if (revised !== undefined && valueAt(revision, "spec", "revisionHash") === definitionHash(definition))
    await client.apply(revised, write);
  const status = statusOf(definition, revision, { hasSchema: own !== undefined, fault, now: clock.now() });
  if (canonicalJson(status) !== canonicalJson((definition.status as JsonValue | undefined) ?? {}))
    await client.updateStatus({ ...definition, status }, { signal });
  const current = revision.metadata.name!;
  for (const { metadata } of surplusDefinitionRevisions(definition, known, { limit: revisionLimit, current }))
    await client.delete({ ...definitionRevisionApi, namespace, name: metadata.name! }, { signal }).catch(absent);
  // Last, for its hash says that all of this is done.
  if (own !== undefined) await client.apply(own, write);
}

/** Those of the cache, and the one that the status names if the cache has not got it yet. */
async function knownRevisions(
  { metadata: { namespace = "" }, status }: KubeObject,
  { client, cache, signal }: Pick<Environment, "client" | "cache"> & { readonly signal: AbortSignal },
): Promise<readonly KubeObject[]> {
  const known = cache.list({ ...definitionRevisionApi, namespace });
  const name = valueAt(status, "latestRevision", "name");
  if (typeof name !== "string" || known.some(({ metadata }) => metadata.name === name)) return known;
  const latest = await client.get({ ...definitionRevisionApi, namespace, name }, { signal }).catch(absent);
  return latest === undefined ? known : [...known, latest];
}

function absent(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}

/** The cache was behind, or an older object of that name is still being collected: another round sees it. */
function taken(error: unknown): never {
  if (isAlreadyExists(error))
    throw new Error(`the revision is there already: ${errorMessage(error)}`, { cause: error });
  throw error;
}

/** A parameter without a schema is told in the status; the definition works without. */
function schemaObjects(
  definition: KubeObject,
  revision: KubeObject,
  sourceHash: string,
): { readonly own?: KubeObject; readonly revised?: KubeObject; readonly fault: string | undefined } {
  const { name = "", uid = "" } = revision.metadata;
  try {
    const [own, revised] = schemaConfigMaps(definition, { revision: name, revisionUid: uid });
    const annotations = { ...own!.metadata.annotations, [hashAnnotation]: sourceHash };
    // KubeVela leaves the owner's kind empty here, which the API server refuses.
    const owners = revised!.metadata.ownerReferences!.map((owner) => ({ ...owner, kind: definitionRevisionApi.kind }));
    return {
      own: { ...own!, metadata: { ...own!.metadata, annotations } },
      revised: { ...revised!, metadata: { ...revised!.metadata, ownerReferences: owners } },
      fault: undefined,
    };
  } catch (error) {
    if (error instanceof SchemaError) return { fault: error.message };
    throw error;
  }
}

function statusOf(
  definition: KubeObject,
  revision: KubeObject,
  facts: { readonly hasSchema: boolean; readonly fault: string | undefined; readonly now: number },
): JsonObject {
  const before = (definition.status as JsonObject | undefined) ?? {};
  const { configMapRef: _, ...rest } = before;
  const conditions = withCondition(
    before.conditions as unknown as readonly Condition[] | undefined,
    facts.fault === undefined
      ? { type: "Synced", status: "True", reason: "ReconcileSuccess" }
      : { type: "Synced", status: "False", reason: "ReconcileError", message: facts.fault },
    facts.now,
  );
  return {
    ...rest,
    conditions: conditions as unknown as JsonValue,
    ...(facts.hasSchema && { configMapRef: schemaName(definition, definition.metadata.name ?? "") }),
    latestRevision: {
      name: revision.metadata.name ?? "",
      revision: valueAt(revision, "spec", "revision") ?? 0,
      revisionHash: valueAt(revision, "spec", "revisionHash") ?? "",
    },
  };
}
