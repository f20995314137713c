import { type JsonObject, type JsonValue, silentLog, systemClock } from "@lateen/base";
import type { ApiRequest, ApiResponse, KubeObject, Transport } from "@lateen/objects";
import { builtinKinds, builtinType, builtinTypeOf, encodeProtobuf } from "@lateen/objects/kinds";
import { type AcceptedForm, acceptClauses, checkCustomForm, negotiate } from "../answer/accept.ts";
import { type Answer, asApiError, failureAnswer, failureHeaders, writeAnswer } from "../answer/answer.ts";
import { FollowedConfigurations } from "../admission/policies/followed-configurations.ts";
import type { PodStreams } from "../subresources/pod-streams.ts";
import { deprecationWarning } from "../kinds/warnings.ts";
import { ServiceAllocation } from "../kinds/service-allocation.ts";
import { ObjectReader } from "../object/object-reader.ts";
import { Query } from "../request/query.ts";
import type { Peer, ResourceRequest, UserInfo } from "../request/context.ts";
import { parsePath, pathSegments, type ResourcePath } from "../request/request-info.ts";
import { ResourceTable } from "../registry/resource-table.ts";
import { authenticate, type TokenAuthenticator } from "../authn/authenticate.ts";
import { tokenSubject } from "../authn/service-account-tokens.ts";
import { TokenIssuer } from "../authn/token-issuer.ts";
import { impersonationOf } from "../authn/impersonate.ts";
import type { Attributes } from "../authz/attributes.ts";
import { forbiddenRequest, pathAttributes, resourceAttributes } from "../authz/attributes-of-request.ts";
import type { ApiService } from "../aggregation/api-service.ts";
import { publishExtensionAuthentication } from "../aggregation/extension-authentication.ts";
import { AggregatedApis } from "../aggregation/aggregated-apis.ts";
import { FlowControl } from "../fairness/flow-control.ts";
import { NoSeat } from "../fairness/seats.ts";
import { AggregatedRoles } from "../authz/aggregate-roles.ts";
import { Rbac } from "../authz/rbac.ts";
import { openProcess } from "../subresources/exec.ts";
import { admitConnection } from "../subresources/connect.ts";
import { proxyUpgrade } from "../subresources/proxy.ts";
import { portForward, type UpgradedStream } from "../subresources/port-forward.ts";
import { upgradedWatch } from "../read/upgraded-watch.ts";
import { noSuchResource, notFound, PageNotFound } from "../status/errors.ts";
import { changeObject } from "../write/update.ts";
import type { AuditSink } from "../audit/audit-event.ts";
import { metadataOfAll } from "../audit/audit-policy.ts";
import { type AuditTrail, Auditor } from "../audit/auditor.ts";
import type { ApiServer, ApiServerOptions, Upgrade } from "./options.ts";
import { bootstrap } from "./bootstrap.ts";
import type { Core } from "./core.ts";
import { celRules } from "@lateen/cel";
import { conversionWebhook } from "../crd/conversion-webhook.ts";
import { Converter } from "../object/converter.ts";
import { Definitions } from "../crd/definitions.ts";
import { answerHealth, isHealthPath } from "./health.ts";
import { startMaintenance } from "./maintenance.ts";
import { metricVerb, Metrics } from "./metrics.ts";
import { OpenApiPaths } from "./open-api-paths.ts";
import { answerPlain } from "./plain-paths.ts";
import { checkMethod, checkScope, dispatch, verbOf } from "./routes.ts";
import { resolveService } from "./resolve-service.ts";
import { kubernetesVersion } from "./version.ts";

export function createApiServer(options: ApiServerOptions): ApiServer {
  return new Server(options);
}

/** What comes out about a request while it is answered. */
interface Exchange {
  readonly warnings: string[];
  readonly annotations: Map<string, string>;
  form: ReturnType<typeof negotiate>;
  readonly trail: AuditTrail | undefined;
  /** What the path names, once it is read. */
  resource: ResourcePath | undefined;
  /** For every answer, whatever it is. */
  headers: Readonly<Record<string, string>>;
}

/** A request of somebody, read so far that it can be judged. */
interface WholeRequest {
  readonly http: ApiRequest;
  readonly path: string;
  readonly query: Query;
  readonly segments: readonly string[];
  readonly parsed: ReturnType<typeof parsePath>;
  readonly user: UserInfo;
  readonly asked: Attributes;
  readonly exchange: Exchange;
}

class Server implements ApiServer {
  readonly ready: Promise<void>;
  readonly #options: ApiServerOptions;
  readonly #core: { -readonly [K in keyof Core]: Core[K] };
  readonly #definitions: Definitions;
  readonly #services: ServiceAllocation;
  readonly #openApi = new OpenApiPaths();
  readonly #flows: FlowControl;
  readonly #tokens: readonly TokenAuthenticator[];
  readonly #closing = new AbortController();
  readonly #aggregated: AggregatedApis;
  readonly #metrics: Metrics;
  readonly #auditor: Auditor | undefined;
  #aggregatedRoles: AggregatedRoles | undefined;
  #endMaintenance = (): void => undefined;
  #isReady = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const clock = options.clock ?? systemClock;
    const { audit: sink, auditPolicy: policy = metadataOfAll } = options;
    this.#metrics = new Metrics(clock);
    const kinds = () => this.#core.table.kinds;
    const counted: AuditSink | undefined =
      sink &&
      ((event) => {
        this.#metrics.audited();
        sink(event);
      });
    this.#auditor = counted && new Auditor({ sink: counted, policy, clock, kinds });
    const definitions = new Definitions(new ResourceTable(builtinKinds()));
    this.#definitions = definitions;
    const converter = new Converter(
      options.rules ?? celRules,
      conversionWebhook(() => core),
    );
    const core: { -readonly [K in keyof Core]: Core[K] } = {
      store: options.store,
      platform: options.platform,
      clock: options.clock ?? systemClock,
      log: options.log ?? silentLog,
      converter,
      reader: new ObjectReader(converter),
      rules: options.rules ?? celRules,
      definitions,
      changeObject,
      configurations: new FollowedConfigurations(options.store),
      resolveService: (service) => resolveService(core, service),
      proxyIdentity: options.proxyIdentity,
      admitters: options.admitters ?? [],
      podStreams: options.podStreams,
      openStreams: new Set(),
      services: undefined as unknown as ServiceAllocation,
      tokens: new TokenIssuer(
        options.tokenIssuer ?? "https://kubernetes.default.svc.cluster.local",
        options.serviceAccountKey,
      ),
      tokenAuthenticators: options.tokenAuthenticators ?? [],
      typeOf: builtinTypeOf,
      metaType: builtinType("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")!,
      rbac: new Rbac(options.store),
      get table() {
        return definitions.table;
      },
    };
    this.#core = core;
    this.#tokens = [(token) => this.#serviceAccount(token), ...core.tokenAuthenticators];
    core.services = new ServiceAllocation(core);
    this.#services = core.services;
    this.#aggregated = new AggregatedApis(core);
    this.#flows = new FlowControl(core, options.fairness);
    definitions.start(core);
    this.ready = this.#start();
    // Whoever waits for `ready` or sends a request sees the failure.
    this.ready.catch(() => undefined);
  }

  async #start(): Promise<void> {
    const { customResourceDefinitions = [], aggregateClusterRoles = true, extensionAuthentication } = this.#options;
    await bootstrap(this.#core, customResourceDefinitions);
    if (extensionAuthentication !== undefined)
      await publishExtensionAuthentication(this.#core, extensionAuthentication);
    await this.#flows.settle();
    if (aggregateClusterRoles) {
      this.#aggregatedRoles = new AggregatedRoles(this.#core);
      await this.#aggregatedRoles.settle();
    }
    this.#endMaintenance = startMaintenance(this.#core);
    if (this.#closing.signal.aborted) this.#endMaintenance();
    this.#isReady = true;
  }

  setPodStreams(streams: PodStreams | undefined): void {
    this.#core.podStreams = streams;
  }

  transport(user: UserInfo): Transport {
    return (request) => this.handle(request, { user });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new DOMException("the server is closing", "AbortError"));
    for (const end of this.#core.openStreams) end();
    this.#endMaintenance();
    await this.#aggregated[Symbol.asyncDispose]();
    await this.#flows[Symbol.asyncDispose]();
    await this.#aggregatedRoles?.[Symbol.asyncDispose]();
    this.#services.close();
    this.#core.rbac.close();
    this.#core.configurations.close();
    await this.#definitions[Symbol.asyncDispose]();
  }

  async upgrade(
    request: ApiRequest,
    { peer, protocols }: { readonly peer: Peer; readonly protocols: readonly string[] },
  ): Promise<Upgrade> {
    if (!this.#mayUpgrade(request)) return upgradedWatch(request, await this.handle(request, peer), protocols);
    const auditId = this.#core.platform.randomUuid();
    const trail = this.#auditor?.open(request, { peer, auditId });
    const refused = async (answer: Answer): Promise<Upgrade> => {
      const common = { request, warnings: [], platform: this.#core.platform, auditId };
      trail?.answered(answer);
      const response = await writeAnswer(answer, { ...common, form: { mediaType: "application/json" } });
      return { kind: "refused", response: trail?.responded(response) ?? response };
    };
    try {
      const stream = await this.#upgraded(request, { peer, protocols, trail });
      if (isAnswer(stream)) return await refused(stream);
      const ended = trail?.upgraded();
      return { kind: "accepted", stream: ended === undefined ? stream : audited(stream, ended) };
    } catch (error) {
      return refused(failureAnswer(asApiError(error)));
    }
  }

  /** Whether the path names something that has a protocol of its own; others are answered as if nothing had been asked. */
  #mayUpgrade({ path: whole }: ApiRequest): boolean {
    const [path] = splitOnce(whole, "?");
    const segments = pathSegments(path);
    if (segments === undefined) return false;
    const parsed = parsePath(path, segments);
    const subresource = parsed.kind === "resource" ? parsed.subresource : undefined;
    if (subresource === "proxy" || processes.has(subresource ?? "")) return true;
    return this.#servedElsewhere(segments) !== undefined;
  }

  async #upgraded(
    http: ApiRequest,
    { peer, protocols, trail }: { peer: Peer; protocols: readonly string[]; trail: AuditTrail | undefined },
  ): Promise<UpgradedStream | Answer> {
    await this.ready;
    const [path, queryText] = splitOnce(http.path, "?");
    const query = new Query(queryText);
    const segments = pathSegments(path);
    if (segments === undefined) throw noSuchResource();
    const parsed = parsePath(path, segments);
    const annotations = trail?.annotations ?? new Map<string, string>();
    const user = await this.#userOf(http, peer, trail);
    const isProcess = parsed.kind === "resource" && processes.has(parsed.subresource ?? "");
    // A WebSocket begins with a GET; what it opens is a creation all the same (since 1.35 both are asked for).
    for (const method of new Set(isProcess ? [http.method, "POST"] : [http.method])) {
      if (parsed.kind === "plain") this.#authorize(pathAttributes(user, path, method), false, annotations);
      else this.#authorize(resourceAttributes(user, parsed, { method, query }), parsed.name !== undefined, annotations);
    }
    const protocol = headerText(http, "upgrade") ?? "";
    const elsewhere = this.#servedElsewhere(segments);
    if (elsewhere !== undefined) return this.#aggregated.upgrade(elsewhere, http, { user, protocol });
    if (parsed.kind !== "resource") throw noSuchResource();
    const request = this.#resourceRequest({ http, path: parsed, query, user, warnings: [], annotations });
    switch (parsed.subresource) {
      case "portforward":
        return portForward(await admitConnection(request), protocols);
      case "exec":
      case "attach":
        return openProcess(await admitConnection(request), protocols);
      case "proxy":
        return proxyUpgrade(request, protocol);
      default:
        throw noSuchResource();
    }
  }

  /** Who the request acts as. @throws Unauthorized, Forbidden for an impersonation that is not allowed. */
  async #userOf(http: ApiRequest, peer: Peer, trail: AuditTrail | undefined): Promise<UserInfo> {
    const caller = await authenticate(http, peer, {
      tokens: this.#tokens,
      anonymous: this.#options.anonymous ?? false,
    });
    trail?.identified(caller);
    const impersonation = impersonationOf(http, caller);
    for (const needed of impersonation?.needs ?? []) this.#authorize(needed, true);
    const user = impersonation?.user ?? caller;
    trail?.acting(user);
    return user;
  }

  async handle(request: ApiRequest, peer: Peer = {}): Promise<ApiResponse> {
    const auditId = this.#core.platform.randomUuid();
    const trail = this.#auditor?.open(request, { peer, auditId });
    const exchange: Exchange = {
      warnings: [],
      annotations: trail?.annotations ?? new Map<string, string>(),
      form: { mediaType: "application/json" },
      trail,
      resource: undefined,
      headers: {},
    };
    const ended = this.#metrics.begin(request.method);
    const response = await this.#respond(request, peer, { exchange, auditId });
    const { status: code, body } = response;
    const { resource } = exchange;
    ended({
      verb:
        code === 200 && isStream(body)
          ? "WATCH"
          : metricVerb(request.method, resource, headerText(request, "content-type") ?? ""),
      resource,
      code,
      dryRun: request.path.includes("dryRun="),
      bytes: isStream(body) ? undefined : body.length,
    });
    return trail === undefined ? response : trail.responded(response);
  }

  async #respond(
    request: ApiRequest,
    peer: Peer,
    { exchange, auditId }: { readonly exchange: Exchange; readonly auditId: string },
  ): Promise<ApiResponse> {
    const common = { request, warnings: exchange.warnings, platform: this.#core.platform, auditId };
    try {
      const answered = await this.#answer(request, peer, exchange);
      exchange.trail?.answered(answered);
      const encode = (value: JsonValue): Uint8Array =>
        encodeProtobuf(value as unknown as KubeObject, this.#core.table.kinds);
      return await writeAnswer(answered, { ...common, form: exchange.form, encode, headers: exchange.headers });
    } catch (error) {
      const { form, headers } = exchange;
      if (error instanceof NoSeat) {
        const answer: Answer = { kind: "text", status: 429, text: "Too many requests, please try again later.\n" };
        return writeAnswer(answer, { ...common, form, headers: { ...headers, "retry-after": "1" } });
      }
      if (error instanceof PageNotFound) {
        return writeAnswer({ kind: "text", status: 404, text: "404 page not found\n" }, { ...common, form, headers });
      }
      const failure = asApiError(error);
      if (failure.status.code >= 500 && failure !== error) this.#report(request, error);
      const mediaType = form.mediaType === "application/yaml" ? form.mediaType : "application/json";
      const answer = failureAnswer(failure);
      exchange.trail?.answered(answer);
      return writeAnswer(answer, {
        ...common,
        form: { mediaType },
        headers: { ...headers, ...failureHeaders(failure) },
      });
    }
  }

  #report(request: ApiRequest, error: unknown): void {
    this.#core.log({
      level: "error",
      message: `${request.method} ${request.path} failed`,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  async #answer(http: ApiRequest, peer: Peer, exchange: Exchange): Promise<Answer> {
    const [path, queryText] = splitOnce(http.path, "?");
    const query = new Query(queryText);
    const segments = pathSegments(path);
    if (segments === undefined) throw noSuchResource();
    if (!isHealthPath(segments)) await this.ready;
    const user = await this.#userOf(http, peer, exchange.trail);
    const parsed = parsePath(path, segments);
    if (parsed.kind === "resource") exchange.resource = parsed;
    const asked =
      parsed.kind === "resource"
        ? resourceAttributes(user, parsed, { method: http.method, query })
        : pathAttributes(user, path, http.method);
    const whole: WholeRequest = { http, path, query, segments, parsed, user, asked, exchange };
    // Callers of this process are trusted not to flood it.
    const flow = peer.user === undefined && !isConnection(asked) ? this.#flows.classify(asked) : undefined;
    if (flow === undefined) return this.#answerSeated(whole);
    exchange.headers = flow.headers;
    const entered = this.#flows.enter(flow, http.signal);
    const leave = typeof entered === "function" ? entered : await entered;
    try {
      return await this.#answerSeated(whole);
    } finally {
      leave();
    }
  }

  async #answerSeated({ http, path, query, segments, parsed, user, asked, exchange }: WholeRequest): Promise<Answer> {
    const named = parsed.kind === "resource" && parsed.name !== undefined;
    this.#authorize(asked, named, exchange.trail?.annotations);
    if (isHealthPath(segments)) return answerHealth(segments, query, this.#isReady);
    const elsewhere = this.#servedElsewhere(segments);
    if (elsewhere !== undefined) return this.#aggregated.forward(elsewhere, http, user);
    const accept = headerText(http, "accept");
    if (parsed.kind === "plain" && segments[0] === "openapi") {
      const ifNoneMatch = headerText(http, "if-none-match");
      return this.#openApi.answer(this.#core.table, segments, {
        accept: accept ?? "",
        ifNoneMatch,
        aggregated: this.#aggregated,
      });
    }
    if (path === "/metrics") {
      const { store, table, platform, openStreams } = this.#core;
      const flows = this.#flows.figures;
      const text = this.#metrics.text({ store, table, platform, openStreams: openStreams.size, flows });
      const contentType = "text/plain; version=0.0.4; charset=utf-8";
      return {
        kind: "bytes",
        status: 200,
        contentType,
        bytes: new TextEncoder().encode(text + (this.#options.figures?.() ?? "")),
      };
    }
    if (path === "/openid/v1/jwks") {
      return { kind: "object", status: 200, object: (await this.#core.tokens.jwks()) as unknown as JsonObject };
    }
    if (parsed.kind === "plain") {
      exchange.form = plainForm(accept);
      return answerPlain({
        method: http.method,
        path,
        segments,
        accept: accept ?? "",
        table: this.#core.table,
        aggregated: this.#aggregated,
        version: kubernetesVersion,
        issuer: this.#core.tokens.issuer,
        serverAddress: this.#options.serverAddress ?? "127.0.0.1:6443",
      });
    }
    const { warnings, annotations } = exchange;
    const request = this.#resourceRequest({ http, path: parsed, query, user, warnings, annotations });
    const form = query.has("pretty")
      ? { ...negotiate(accept, true), pretty: query.flag("pretty") }
      : negotiate(accept, true);
    if (request.resource.custom !== undefined) checkCustomForm(form);
    exchange.form = form;
    request.form = form;
    try {
      return await dispatch(request);
    } finally {
      for (const cleanup of request.cleanups) cleanup();
    }
  }

  async #serviceAccount(token: string): Promise<UserInfo | undefined> {
    const subject = await tokenSubject(this.#core, token);
    return subject?.audiences.includes(this.#core.tokens.issuer) ? subject.user : undefined;
  }

  /** The API of another server that a path is in: `/apis/G/V…`, and its OpenAPI document. */
  #servedElsewhere(segments: readonly string[]): ApiService | undefined {
    if (this.#aggregated.isEmpty) return undefined;
    const below = segments[0] === "openapi" && segments[1] === "v3" ? segments.slice(2) : segments;
    const [apis, group = "", version = ""] = below;
    if (apis !== "apis" || version === "") return undefined;
    if (this.#core.table.kinds.versionsOf(group).includes(version)) return undefined;
    return this.#aggregated.find(group, version);
  }

  #authorize(asked: Attributes, named: boolean, noted?: Map<string, string>): void {
    const decision = this.#core.rbac.authorize(asked);
    noted?.set("authorization.k8s.io/decision", decision.kind === "allowed" ? "allow" : "forbid");
    noted?.set("authorization.k8s.io/reason", decision.reason);
    if (decision.kind === "denied") throw forbiddenRequest(asked, decision.reason, named);
  }

  #resourceRequest(input: {
    readonly http: ApiRequest;
    readonly path: ResourcePath;
    readonly query: Query;
    readonly user: UserInfo;
    readonly warnings: string[];
    readonly annotations: Map<string, string>;
  }): ResourceRequest & { form: AcceptedForm } {
    const { http, path, query, user, warnings, annotations } = input;
    const table = this.#core.table;
    const resource = table.lookup({ group: path.group, version: path.version, plural: path.resource });
    if (resource === undefined) {
      if (path.group !== "" && !table.isBuiltinGroup(path.group)) throw new PageNotFound(http.path);
      throw noSuchResource();
    }
    checkScope(resource, path);
    if (path.rest.length > 0 && path.subresource !== "proxy") throw noSuchResource();
    if (path.subresource !== undefined && !resource.kind.subresources.includes(path.subresource)) {
      if (resource.custom === undefined) throw noSuchResource();
      throw notFound(resource.groupResource, path.name ?? "");
    }
    const verb = verbOf(http.method, path, query.flag("watch"));
    checkMethod(resource, path, verb);
    const warning =
      resource.custom === undefined ? deprecationWarning(resource.kind) : resource.custom.deprecationWarning;
    if (warning !== undefined) warnings.push(warning);
    return {
      core: this.#core,
      table,
      http,
      query,
      user,
      resource,
      verb,
      namespace: path.namespace,
      name: path.name ?? "",
      subresource: path.subresource,
      form: { mediaType: "application/json" },
      warnings,
      annotations,
      cleanups: [],
    };
  }
}

/** Requests that last as long as both sides like, and hold no seat (watches do, until their stream is open). */
function isConnection({ subresource = "" }: Attributes): boolean {
  return connections.has(subresource);
}

const connections = new Set(["attach", "exec", "log", "portforward", "proxy"]);

function isStream(body: ApiResponse["body"]): body is AsyncIterable<Uint8Array> {
  return !(body instanceof Uint8Array);
}

const processes = new Set(["attach", "exec", "portforward"]);

function isAnswer(answer: UpgradedStream | Answer): answer is Answer {
  return !("protocol" in answer);
}

/** The stream, with a word when it has ended. */
function audited(stream: UpgradedStream, ended: () => void): UpgradedStream {
  if (stream.kind !== "messages") return { ...stream, ended };
  return { ...stream, run: (socket) => stream.run(socket).finally(ended) };
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function headerText(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.join(",");
}

/** Documents that are no objects know JSON and YAML only, and never refuse. */
function plainForm(accept: string | undefined): ReturnType<typeof negotiate> {
  const first = acceptClauses(accept ?? "").find(
    ({ type }) => type === "application/json" || type === "application/yaml",
  );
  return { mediaType: first?.type === "application/yaml" ? "application/yaml" : "application/json" };
}
