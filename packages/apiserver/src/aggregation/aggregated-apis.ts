import { errorMessage, isJsonObject, type JsonObject, type JsonValue, TaskGroup } from "@lateen/base";
import { type ApiRequest, type KubeObject, valueAt } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { objectsOf, statusOf, withStatusPart } from "../kinds/edit.ts";
import { decodeStored } from "../object/stored-form.ts";
import type { ForwardedAnswer, ForwardedCall } from "../platform/platform.ts";
import { base64ToBytes } from "../read/base64.ts";
import type { UpgradedStream } from "../subresources/port-forward.ts";
import { forwardedAnswer, forwardedHeaders, upgradedAnswer, upgradeHeaders } from "../request/forward-request.ts";
import type { UserInfo } from "../request/context.ts";
import type { Core } from "../server/core.ts";
import { internalResourceRequest } from "../server/internal-request.ts";
import { timestamp } from "../write/metadata.ts";
import { type ApiService, apiServiceOf } from "./api-service.ts";
import { availabilityOf } from "./availability.ts";
import type { ForeignSwagger } from "./merge-swagger.ts";

const prefix = "/registry/apiregistration.k8s.io/apiservices/";
/** What an availability depends on. */
const watched = ["/registry/core/services/", "/registry/discovery.k8s.io/endpointslices/", "/registry/core/endpoints/"];
/** How often an API that nobody changed is looked at again. */
const recheckMs = 30_000;
const checkMs = 5_000;
type TextAnswer = Extract<Answer, { readonly kind: "text" }>;

interface KnownSwagger {
  readonly uid: string;
  readonly generation: number;
  readonly atMs: number;
  readonly swagger: JsonObject | undefined;
}

interface Upgrading {
  readonly user: UserInfo;
  readonly protocol: string;
}

const maxDocumentBytes = 32 * 1024 * 1024;

/**
 * The APIs that other servers serve, followed from the store: which they are, whether they can be reached (written as the
 * condition Available), what they offer, and requests sent on to them (kube-aggregator).
 */
export class AggregatedApis implements AsyncDisposable {
  readonly #core: Core;
  readonly #apis = new Map<string, ApiService>();
  /** APIResourceLists of those that answered last time. */
  readonly #resources = new Map<string, JsonObject>();
  /** OpenAPI v2 of those that were asked for it. */
  readonly #swaggers = new Map<string, KnownSwagger>();
  readonly #ends: (() => void)[] = [];
  readonly #tasks = new TaskGroup();
  #cancel = (): void => undefined;
  #running = false;
  #again = false;
  #closed = false;

  constructor(core: Core) {
    this.#core = core;
    const { entries, revision } = core.store.range(prefix);
    for (const entry of entries) this.#take(entry.key, decodeStored(entry));
    this.#ends.push(
      core.store.subscribe(prefix, revision, (event) => {
        if (event.kind === "progress") return;
        const before = this.#apis.get(event.key);
        this.#take(event.key, event.kind === "put" ? decodeStored(event) : undefined);
        const after = this.#apis.get(event.key);
        if (before?.object.metadata.generation !== after?.object.metadata.generation || before === undefined)
          this.#check();
      }),
    );
    for (const one of watched) {
      this.#ends.push(
        core.store.subscribe(one, revision, (event) => {
          if (event.kind !== "progress" && this.#concerns(event.key)) this.#check();
        }),
      );
    }
    if (this.#apis.size > 0) this.#check();
  }

  #take(key: string, object: KubeObject | undefined): void {
    const api = object && apiServiceOf(object);
    if (api === undefined) this.#apis.delete(key);
    else this.#apis.set(key, api);
    if (api === undefined) this.#resources.delete(key.slice(prefix.length));
  }

  /** Whether a service or its endpoints, whose names begin with the service's, are of an API here. */
  #concerns(key: string): boolean {
    for (const { service } of this.#apis.values()) {
      if (key.includes(`/${service.namespace}/${service.name}`)) return true;
    }
    return false;
  }

  /** Highest priority first. */
  get all(): readonly ApiService[] {
    return [...this.#apis.values()].toSorted(
      (a, b) =>
        b.groupPriority - a.groupPriority ||
        (a.group < b.group ? -1 : a.group > b.group ? 1 : 0) ||
        b.versionPriority - a.versionPriority ||
        (a.version < b.version ? -1 : 1),
    );
  }

  get isEmpty(): boolean {
    return this.#apis.size === 0;
  }

  find(group: string, version: string): ApiService | undefined {
    return this.#apis.get(`${prefix}${version}.${group}`);
  }

  /** The resources of an API, as its server lists them (APIResourceList); undefined when it did not answer last time. */
  resourcesOf({ name }: ApiService): JsonObject | undefined {
    return this.#resources.get(name);
  }

  /** OpenAPI v2 of the servers that answer, each asked once for a while; who has none is left out. */
  async swaggers(): Promise<readonly ForeignSwagger[]> {
    const answering = this.all.filter((api) => this.#resources.has(api.name));
    const found = await Promise.all(answering.map(async (api) => ({ api, swagger: await this.#swaggerOf(api) })));
    return found.filter((one): one is ForeignSwagger & typeof one => one.swagger !== undefined);
  }

  async #swaggerOf(api: ApiService): Promise<JsonObject | undefined> {
    const { uid = "", generation = 0 } = api.object.metadata;
    const now = this.#core.clock.now();
    const known = this.#swaggers.get(api.name);
    if (known?.uid === uid && known.generation === generation && now - known.atMs < recheckMs) return known.swagger;
    const swagger = await this.document(api, "/openapi/v2").then(writable, () => undefined);
    this.#swaggers.set(api.name, { uid, generation, atMs: now, swagger });
    return swagger;
  }

  /** Sends a request on, as this user. */
  async forward(api: ApiService, http: ApiRequest, user: UserInfo): Promise<Answer> {
    const answer = await this.#sendOn(api, http, { ...forwardedHeaders(http), ...remoteHeaders(user) });
    return "text" in answer ? answer : forwardedAnswer(answer);
  }

  /** The same where the client wants another protocol on the connection. */
  async upgrade(api: ApiService, http: ApiRequest, { user, protocol }: Upgrading): Promise<UpgradedStream | Answer> {
    const answer = await this.#sendOn(api, http, { ...upgradeHeaders(http), ...remoteHeaders(user) }, protocol);
    return "text" in answer ? answer : upgradedAnswer(answer);
  }

  async #sendOn(
    api: ApiService,
    { method, body, signal, path }: ApiRequest,
    headers: ForwardedCall["headers"],
    upgrade?: string,
  ): Promise<ForwardedAnswer | TextAnswer> {
    const unavailable = { kind: "text", status: 503, text: "service unavailable\n" } as const;
    if (!isAvailable(api.object)) return unavailable;
    let target: string;
    try {
      target = this.#core.resolveService(api.service);
    } catch {
      return unavailable;
    }
    try {
      return await this.#call(api, { url: `https://${target}${path}`, method, headers, body, signal, upgrade });
    } catch (error) {
      return { kind: "text", status: 503, text: `error trying to reach service: ${errorMessage(error)}\n` };
    }
  }

  /** A JSON document of the API's server. @throws an Error that says what was wrong. */
  async document(api: ApiService, path: string): Promise<JsonObject> {
    const url = `https://${this.#core.resolveService(api.service)}${path}`;
    const timeout = new AbortController();
    const cancel = this.#core.clock.timer(checkMs, () =>
      timeout.abort(new Error(`Get "${url}": context deadline exceeded`)),
    );
    try {
      const user = { username: "system:kube-aggregator", groups: ["system:masters"] };
      const headers = { accept: "application/json", ...remoteHeaders(user) };
      const answer = await this.#call(api, { url, method: "GET", headers, body: undefined, signal: timeout.signal });
      const text = await readText(answer);
      if (answer.status < 200 || answer.status > 299) throw new Error(`bad status from ${url}: ${answer.status}`);
      const value = JSON.parse(text) as JsonValue;
      if (!isJsonObject(value)) throw new Error(`${url} answers no object`);
      return value;
    } finally {
      cancel();
    }
  }

  #call(api: ApiService, call: Omit<ForwardedCall, "trust" | "identity">): Promise<ForwardedAnswer> {
    const { platform, proxyIdentity } = this.#core;
    if (platform.forward === undefined) throw new Error("this server has no way to call out");
    const { namespace, name } = api.service;
    const ca = api.caBundle === "" ? undefined : new TextDecoder().decode(base64ToBytes(api.caBundle));
    return platform.forward({
      ...call,
      trust: api.insecure ? "any" : { ca, serverName: `${name}.${namespace}.svc` },
      identity: proxyIdentity,
    });
  }

  /** Looks at every API, now and again later; changes during a look make another. */
  #check(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = true;
    this.#cancel();
    this.#tasks.run(async () => {
      try {
        while (this.#again && !this.#closed) {
          this.#again = false;
          await Promise.all([...this.#apis.values()].map((api) => this.#look(api)));
        }
      } finally {
        this.#running = false;
        if (!this.#closed && this.#apis.size > 0) this.#cancel = this.#core.clock.timer(recheckMs, () => this.#check());
      }
    });
  }

  async #look(api: ApiService): Promise<void> {
    try {
      const { condition, resources } = await availabilityOf(this.#core, api, (path) => this.document(api, path));
      if (resources === undefined) this.#resources.delete(api.name);
      else this.#resources.set(api.name, resources);
      await this.#write(api, condition);
    } catch (error) {
      if (!this.#closed)
        this.#core.log({ level: "warn", message: `APIService ${api.name}`, error: errorMessage(error) });
    }
  }

  async #write({ name, object }: ApiService, condition: JsonObject): Promise<void> {
    const core = this.#core;
    const old = objectsOf(statusOf(object).conditions).find(({ type }) => type === "Available");
    if (["status", "reason", "message"].every((member) => old?.[member] === condition[member])) return;
    const resource = core.table.lookup({ group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" })!;
    const target = { resource, verb: "update" as const, namespace: undefined, name, subresource: "status" };
    const options = { dryRun: false, fieldManager: "lateen", fieldValidation: "Ignore" as const, force: true };
    const since = old?.status === condition.status ? old?.lastTransitionTime : undefined;
    await core.changeObject(internalResourceRequest(core, target), options, (live) => ({
      object: withStatusPart(live, {
        conditions: [
          ...objectsOf(statusOf(live).conditions).filter(({ type }) => type !== "Available"),
          { ...condition, lastTransitionTime: since ?? timestamp(core) },
        ],
      }),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cancel();
    for (const end of this.#ends.splice(0)) end();
    await this.#tasks[Symbol.asyncDispose]();
  }
}

/** The document, unless it is nested deeper than could be written again. */
function writable(document: JsonObject): JsonObject | undefined {
  try {
    JSON.stringify(document);
    return document;
  } catch {
    return undefined;
  }
}

function isAvailable(object: KubeObject): boolean {
  return objectsOf(valueAt(object, "status", "conditions")).some(
    ({ type, status }) => type === "Available" && status === "True",
  );
}

/** Who asks, for a server that trusts this one (request headers of an authenticating proxy). */
function remoteHeaders({ username, groups, extra = {}, uid }: UserInfo): Record<string, string | readonly string[]> {
  return {
    "x-remote-user": username,
    ...(uid !== undefined && uid !== "" && { "x-remote-uid": uid }),
    ...(groups.length > 0 && { "x-remote-group": groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`x-remote-extra-${encodeURIComponent(key).toLowerCase()}`, values]),
    ),
  };
}

async function readText({ body }: ForwardedAnswer): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxDocumentBytes) throw new Error("the answer is too long");
  }
  return text + decoder.decode();
}
