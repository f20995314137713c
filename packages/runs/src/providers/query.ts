/** `vela/query`: what an Application has made, and what can be learned of it (kubevela-workflow.md 4.9). Failures are in `err`. */
import { type JsonObject, type JsonValue, errorMessage, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, asJson, valueAt } from "@lateen/objects";
import type { ProviderFunction, ProviderTable } from "@lateen/workflow";
import { textOf } from "../text-of.ts";
import { endpointsOf } from "./query-endpoints.ts";

export interface QueryProviderOptions {
  /** @throws Error for a cluster that is not joined. */
  readonly clientFor: (cluster: string) => Client;
}

interface Query {
  readonly name: string;
  readonly namespace: string;
  readonly filter: JsonObject;
  readonly signal: AbortSignal;
}

/** Something an Application applied. */
export interface AppliedResource {
  readonly cluster: string;
  readonly component: string;
  readonly revision: string;
  readonly trait: string;
  readonly object: KubeObject;
}

export function queryProviders(options: QueryProviderOptions): ProviderTable {
  const listing =
    (list: (query: Query) => Promise<readonly JsonObject[]>): ProviderFunction =>
    async (params, { fields, signal }) => {
      const app = isJsonObject(params.app) ? params.app : {};
      const query: Query = {
        name: textOf(app.name) || textOf(fields.appName ?? fields.name),
        namespace: textOf(app.namespace) || textOf(fields.namespace),
        filter: isJsonObject(app.filter) ? app.filter : {},
        signal,
      };
      return caught(signal, async () => ({ list: await list(query) }));
    };
  const operations: Readonly<Record<string, ProviderFunction>> = {
    listResourcesInApp: listing(async (query) => (await appliedResources(options, query)).map(resourceItem)),
    listAppliedResources: listing(async (query) => (await appliedResources(options, query)).map(appliedItem)),
    getApplicationTree: listing((query) => applicationTree(options, query)),
    collectPods: listing((query) => collectPods(options, query)),
    collectServices: listing(async (query) =>
      (await appliedResources(options, query)).filter(({ object }) => object.kind === "Service").map(resourceItem),
    ),
    collectResources: listing((query) => collectResources(options, query)),
    collectServiceEndpoints: listing((query) => collectEndpoints(options, query)),
    searchEvents: searchEvents(options),
    collectLogsInPod: collectLogs(options),
  };
  return { query: operations, ql: operations };
}

async function caught(signal: AbortSignal, act: () => Promise<JsonObject>): Promise<JsonObject> {
  try {
    return await act();
  } catch (error) {
    if (signal.aborted) throw error;
    return { err: errorMessage(error) };
  }
}

async function appliedResources(
  { clientFor }: QueryProviderOptions,
  { name, namespace, filter, signal }: Query,
): Promise<readonly AppliedResource[]> {
  const reference = { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace, name };
  const application = await clientFor("").get(reference, { signal });
  const applied = valueAt(application, "status", "appliedResources");
  const wanted = (Array.isArray(applied) ? (applied as readonly JsonObject[]) : []).filter((one) =>
    passes(one, filter),
  );
  const found: AppliedResource[] = [];
  for (const one of wanted) {
    const cluster = textOf(one.cluster);
    const object = await liveObject(clientFor(cluster), { resource: one, namespace, signal });
    if (object === undefined) continue;
    const { labels = {} } = object.metadata;
    const component = labels["app.oam.dev/component"] ?? "";
    if (!names(filter.components, component)) continue;
    found.push({
      cluster,
      component,
      revision: labels["app.oam.dev/appRevision"] ?? "",
      trait: labels["trait.oam.dev/type"] ?? "",
      object,
    });
  }
  return found;
}

function passes(resource: JsonObject, { cluster, clusterNamespace, kind, apiVersion }: JsonObject): boolean {
  const is = (wanted: JsonValue | undefined, found: JsonValue | undefined, otherwise = ""): boolean =>
    textOf(wanted) === "" || textOf(wanted) === (textOf(found) || otherwise);
  return (
    is(cluster, resource.cluster, "local") &&
    is(clusterNamespace, resource.namespace) &&
    is(kind, resource.kind) &&
    is(apiVersion, resource.apiVersion)
  );
}

const names = (wanted: JsonValue | undefined, name: string): boolean =>
  !Array.isArray(wanted) || wanted.length === 0 || wanted.includes(name);

async function liveObject(
  client: Client,
  { resource, namespace, signal }: { resource: JsonObject; namespace: string; signal: AbortSignal },
): Promise<KubeObject | undefined> {
  const reference = {
    apiVersion: textOf(resource.apiVersion),
    kind: textOf(resource.kind),
    namespace: textOf(resource.namespace) || namespace,
    name: textOf(resource.name),
  };
  try {
    return await client.get(reference, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A live object without what only clutters a step's value. */
function plain(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...asJson(object), metadata: metadata as JsonObject };
}

const resourceItem = ({ cluster, component, revision, object }: AppliedResource): JsonObject => ({
  cluster,
  component,
  revision,
  object: plain(object),
});

const appliedItem = ({ cluster, component, revision, trait, object }: AppliedResource): JsonObject => ({
  cluster,
  component,
  revision,
  ...(trait === "" ? {} : { trait }),
  apiVersion: object.apiVersion,
  kind: object.kind,
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name ?? "",
  uid: object.metadata.uid ?? "",
});

const workloads = [
  { apiVersion: "apps/v1", kind: "ReplicaSet" },
  { apiVersion: "batch/v1", kind: "Job" },
  { apiVersion: "v1", kind: "Pod" },
] as const;

interface TreeNode {
  readonly object: KubeObject;
  readonly children: readonly TreeNode[];
}

/** What grew below an object, by owner, however deep: ReplicaSets, Jobs, Pods. */
async function treeBelow(client: Client, root: KubeObject, signal: AbortSignal): Promise<TreeNode> {
  const namespace = root.metadata.namespace;
  const grown: KubeObject[] = [];
  for (const kind of workloads) {
    const { items } = await client.list({ ...kind, namespace }, { signal });
    grown.push(...items.map((item) => ({ ...item, ...kind }) as KubeObject));
  }
  const below = (owner: KubeObject): TreeNode => ({
    object: owner,
    children: grown
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true)
      .map(below),
  });
  return below(root);
}

function treeItem({ object, children }: TreeNode): JsonObject {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
    uid: object.metadata.uid ?? "",
    ...(children.length === 0 ? {} : { leafNodes: children.map(treeItem) }),
  };
}

async function applicationTree(options: QueryProviderOptions, query: Query): Promise<readonly JsonObject[]> {
  const items: JsonObject[] = [];
  for (const resource of await appliedResources(options, query)) {
    const tree = await treeBelow(options.clientFor(resource.cluster), resource.object, query.signal);
    items.push({ ...appliedItem(resource), resourceTree: treeItem(tree) });
  }
  return items;
}

async function collectBelow(
  options: QueryProviderOptions,
  query: Query,
  isWanted: (object: KubeObject) => boolean,
): Promise<readonly JsonObject[]> {
  const { kind: _kind, apiVersion: _version, ...filter } = query.filter;
  const items: JsonObject[] = [];
  for (const resource of await appliedResources(options, { ...query, filter })) {
    const collect = ({ object, children }: TreeNode): void => {
      if (isWanted(object)) items.push(resourceItem({ ...resource, object }));
      for (const child of children) collect(child);
    };
    collect(await treeBelow(options.clientFor(resource.cluster), resource.object, query.signal));
  }
  return items;
}

const collectPods = (options: QueryProviderOptions, query: Query): Promise<readonly JsonObject[]> =>
  collectBelow(options, query, ({ kind, apiVersion }) => kind === "Pod" && apiVersion === "v1");

function collectResources(options: QueryProviderOptions, query: Query): Promise<readonly JsonObject[]> {
  const { kind, apiVersion } = query.filter;
  return collectBelow(
    options,
    query,
    (object) =>
      (textOf(kind) === "" || object.kind === kind) && (textOf(apiVersion) === "" || object.apiVersion === apiVersion),
  );
}

async function collectEndpoints(options: QueryProviderOptions, query: Query): Promise<readonly JsonObject[]> {
  return (await appliedResources(options, query)).flatMap(({ object, cluster, component }) => {
    const { apiVersion, kind, metadata } = object;
    const { name = "", namespace = "", uid = "", resourceVersion = "" } = metadata;
    const ref = { apiVersion, kind, name, namespace, uid, resourceVersion };
    return endpointsOf(object).map((endpoint) => ({
      endpoint: endpoint as unknown as JsonObject,
      ref,
      ...(cluster === "" ? {} : { cluster }),
      ...(component === "" ? {} : { component }),
    }));
  });
}

function searchEvents({ clientFor }: QueryProviderOptions): ProviderFunction {
  return (params, { signal }) =>
    caught(signal, async () => {
      const value = isJsonObject(params.value) ? params.value : {};
      const metadata = isJsonObject(value.metadata) ? value.metadata : {};
      const { items } = await clientFor(textOf(params.cluster)).list(
        { apiVersion: "v1", kind: "Event", namespace: textOf(metadata.namespace) || "default" },
        {
          fieldSelector: `involvedObject.name=${textOf(metadata.name)},involvedObject.kind=${textOf(value.kind)}`,
          signal,
        },
      );
      return { list: items.map(plain) };
    });
}

const maxLogBytes = 1024 * 1024;

function collectLogs({ clientFor }: QueryProviderOptions): ProviderFunction {
  return async (params, { signal, visit }) => {
    const given = isJsonObject(params.options) ? params.options : {};
    const whole = (value: JsonValue | undefined): number | undefined => (typeof value === "number" ? value : undefined);
    const outputs = await caught(signal, async () => {
      const limit = Math.min(whole(given.limitBytes) ?? maxLogBytes, maxLogBytes);
      const parts: Uint8Array[] = [];
      let size = 0;
      const stream = clientFor(textOf(params.cluster)).logs({
        namespace: textOf(params.namespace),
        name: textOf(params.pod),
        container: textOf(given.container) || undefined,
        previous: given.previous === true,
        timestamps: given.timestamps === true,
        tailLines: whole(given.tailLines),
        sinceSeconds: whole(given.sinceSeconds) ?? secondsSince(textOf(given.sinceTime), visit.now),
        signal,
      });
      for await (const part of stream) {
        parts.push(part.subarray(0, Math.max(0, limit - size)));
        size += part.length;
        if (size >= limit) break;
      }
      const bytes = parts.flatMap((part) => [...part]);
      return { logs: btoa(bytes.map((byte) => String.fromCharCode(byte)).join("")), info: {} };
    });
    return { outputs };
  };
}

function secondsSince(time: string, now: number): number | undefined {
  if (time === "") return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw new Error(`sinceTime: "${time}" is no time (RFC 3339)`);
  return Math.max(1, Math.ceil((now - at) / 1000));
}
