import { type Clock, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import {
  type ApiRequest,
  type ApiResponse,
  asJson,
  type KindTable,
  type KubeObject,
  readYamlDocuments,
} from "@lateen/objects";
import { decodeProtobuf } from "@lateen/objects/kinds";
import type { Answer } from "../answer/answer.ts";
import { anonymousUser } from "../authn/user.ts";
import { textOf } from "../object/text.ts";
import type { Peer, UserInfo } from "../request/context.ts";
import { parsePath, pathSegments, type ResourcePath } from "../request/request-info.ts";
import type { AuditEvent, AuditSink } from "./audit-event.ts";
import { type AuditDecision, type AuditLevel, auditLevels, type AuditPolicy, type AuditStage } from "./audit-policy.ts";

/** Larger objects are left out, and that is said. */
const maxObjectBytes = 1024 * 1024;

export interface AuditorOptions {
  readonly sink: AuditSink;
  readonly policy: AuditPolicy;
  readonly clock: Clock;
  readonly kinds: () => KindTable;
}

/** Tells the sink about requests, as much as the policy says, and never what a secret or a token is. */
export class Auditor {
  readonly #options: AuditorOptions;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** A request has come. */
  open(request: ApiRequest, about: { readonly peer: Peer; readonly auditId: string }): AuditTrail {
    return new AuditTrail(this.#options, request, about);
  }
}

/** What is told about one request, stage by stage. */
export class AuditTrail {
  readonly annotations = new Map<string, string>();
  readonly #options: AuditorOptions;
  readonly #request: ApiRequest;
  readonly #peer: Peer;
  readonly #auditId: string;
  readonly #receivedMs: number;
  readonly #path: string;
  readonly #resource: ResourcePath | undefined;
  readonly #verb: string;
  #caller: UserInfo | undefined;
  #user: UserInfo | undefined;
  #decision: AuditDecision | undefined;
  #answer: Answer | undefined;

  constructor(
    options: AuditorOptions,
    request: ApiRequest,
    { peer, auditId }: { readonly peer: Peer; readonly auditId: string },
  ) {
    this.#options = options;
    this.#request = request;
    this.#peer = peer;
    this.#auditId = auditId;
    this.#receivedMs = options.clock.now();
    const [path = "/", query = ""] = request.path.split("?", 2);
    this.#path = path;
    const segments = pathSegments(path);
    const parsed = segments && parsePath(path, segments);
    this.#resource = parsed?.kind === "resource" ? parsed : undefined;
    this.#verb = verbOf(request.method, this.#resource, query);
  }

  /** Who asks is known. */
  identified(caller: UserInfo): void {
    this.#caller = caller;
    this.#decision = this.#decide(caller);
    this.#tell("RequestReceived", {});
  }

  /** As whom the caller acts. */
  acting(user: UserInfo): void {
    this.#user = user;
  }

  /** What is answered, before it is bytes. */
  answered(answer: Answer): void {
    this.#answer = answer;
  }

  /** The response is on its way. @returns it; the end of a stream is told when it comes. */
  responded(response: ApiResponse): ApiResponse {
    this.#decision ??= this.#decide(anonymousUser);
    const { status, body } = response;
    if (body instanceof Uint8Array) {
      this.#tell("ResponseComplete", { status });
      return response;
    }
    this.#tell("ResponseStarted", { status });
    return { ...response, body: withEnd(body, () => this.#tell("ResponseComplete", { status })) };
  }

  /** A connection was upgraded. @returns what to call when it has ended. */
  upgraded(): () => void {
    this.#tell("ResponseStarted", { status: 101 });
    return () => this.#tell("ResponseComplete", { status: 101 });
  }

  #decide(user: UserInfo): AuditDecision {
    const { policy } = this.#options;
    const question = { user, verb: this.#verb, path: this.#path, resource: this.#resource };
    const decision = policy(question);
    const isSecret = this.#resource !== undefined && holdsSecrets(this.#resource);
    return isSecret && isAtLeast(decision.level, "Request") ? { ...decision, level: "Metadata" } : decision;
  }

  #tell(stage: AuditStage, { status }: { readonly status?: number }): void {
    const decision = this.#decision;
    if (decision === undefined || decision.level === "None" || decision.omitStages.has(stage)) return;
    const { sink, clock } = this.#options;
    const caller = this.#caller ?? anonymousUser;
    const agent = this.#request.headers["user-agent"];
    const objects = stage === "ResponseComplete" ? this.#objects(decision) : {};
    const annotations = this.#annotationsAt(decision.level);
    const event: AuditEvent = {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: decision.level,
      auditID: this.#auditId,
      stage,
      requestURI: this.#request.path,
      verb: this.#verb,
      user: shownUser(caller),
      ...(this.#user !== undefined &&
        this.#user.username !== caller.username && { impersonatedUser: shownUser(this.#user) }),
      sourceIPs: [this.#peer.address ?? "127.0.0.1"],
      userAgent: typeof agent === "string" ? agent : "",
      ...(this.#resource && { objectRef: referenceOf(this.#resource, this.#answer) }),
      ...(status !== undefined && { responseStatus: { metadata: {}, code: status, ...failureOf(this.#answer) } }),
      ...objects,
      requestReceivedTimestamp: microTime(this.#receivedMs),
      stageTimestamp: microTime(clock.now()),
      ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    };
    sink(event);
  }

  /** Patches of webhooks are parts of objects. */
  #annotationsAt(level: AuditLevel): readonly (readonly [string, string])[] {
    const full = isAtLeast(level, "Request");
    return [...this.annotations].filter(([key]) => full || !key.startsWith("patch.webhook.admission.k8s.io/"));
  }

  #objects(decision: AuditDecision): Pick<AuditEvent, "requestObject" | "responseObject"> {
    if (!isAtLeast(decision.level, "Request") || this.#resource === undefined) return {};
    const requestObject = this.#shown(this.#requestObject(), decision);
    if (decision.level === "Request") return { ...(requestObject !== undefined && { requestObject }) };
    const responseObject = this.#shown(responseObjectOf(this.#answer), decision);
    return {
      ...(requestObject !== undefined && { requestObject }),
      ...(responseObject !== undefined && { responseObject }),
    };
  }

  #shown(value: JsonValue | undefined, { omitManagedFields }: AuditDecision): JsonValue | undefined {
    if (value === undefined) return undefined;
    const shown = omitManagedFields ? withoutManagedFields(value) : value;
    if (JSON.stringify(shown).length <= maxObjectBytes) return shown;
    this.annotations.set("audit.k8s.io/truncated", "true");
    return undefined;
  }

  #requestObject(): JsonValue | undefined {
    const { body, headers, method } = this.#request;
    if (body === undefined || body.length === 0 || method === "GET") return undefined;
    const type = textOf(headers["content-type"]).split(";")[0]!.trim();
    try {
      if (type === "application/vnd.kubernetes.protobuf") {
        return decodeProtobuf(body, this.#options.kinds()) as unknown as JsonValue;
      }
      const text = new TextDecoder().decode(body);
      return type.endsWith("yaml") ? readYamlDocuments(text)[0]?.value : (JSON.parse(text) as JsonValue);
    } catch {
      // What the server could not read either is not told.
      return undefined;
    }
  }
}

async function* withEnd(body: AsyncIterable<Uint8Array>, ended: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    ended();
  }
}

function isAtLeast(level: AuditLevel, wanted: AuditLevel): boolean {
  return auditLevels.indexOf(level) >= auditLevels.indexOf(wanted);
}

/** Resources whose objects are secrets, or hold tokens. */
function holdsSecrets({ group, resource, subresource }: ResourcePath): boolean {
  if (group === "") return resource === "secrets" || (resource === "serviceaccounts" && subresource === "token");
  return group === "authentication.k8s.io" && resource === "tokenreviews";
}

function responseObjectOf(answer: Answer | undefined): JsonValue | undefined {
  switch (answer?.kind) {
    case "object":
      return asJson(answer.object as unknown as KubeObject);
    case "json":
      return JSON.parse(new TextDecoder().decode(answer.bytes)) as JsonValue;
    default:
      return undefined;
  }
}

function failureOf(answer: Answer | undefined): { status?: string; reason?: string; message?: string } {
  if (answer?.kind !== "object") return {};
  const { kind, status, reason, message } = answer.object as JsonObject;
  if (kind !== "Status" || status !== "Failure") return {};
  return { status, ...(reason !== undefined && { reason: textOf(reason) }), message: textOf(message) };
}

function withoutManagedFields(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  const { metadata, items } = value;
  const without = isJsonObject(metadata) ? { ...metadata, managedFields: undefined } : metadata;
  const cleaned = {
    ...value,
    ...(without !== undefined && { metadata: without }),
    ...(Array.isArray(items) && { items: (items as readonly JsonValue[]).map(withoutManagedFields) }),
  };
  return JSON.parse(JSON.stringify(cleaned)) as JsonValue;
}

function shownUser({ username, groups, uid, extra }: UserInfo): AuditEvent["user"] {
  return { username, groups, ...(uid && { uid }), ...(extra && { extra }) };
}

function referenceOf(path: ResourcePath, answer: Answer | undefined): Readonly<Record<string, string>> {
  // A creation is named by its answer.
  const metadata = answer?.kind === "object" ? (answer.object as JsonObject).metadata : undefined;
  const name = path.name ?? (isJsonObject(metadata) ? textOf(metadata.name) : "");
  return {
    resource: path.resource,
    ...(path.namespace && { namespace: path.namespace }),
    ...(name !== "" && { name }),
    ...(path.group && { apiGroup: path.group }),
    apiVersion: path.version,
    ...(path.subresource && { subresource: path.subresource }),
  };
}

function verbOf(method: string, resource: ResourcePath | undefined, query: string): string {
  if (resource === undefined) return method.toLowerCase();
  const watch = resource.watch || /(?:^|&)watch=(?!false|0(?:&|$))/.test(query);
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return resource.name === undefined ? "deletecollection" : "delete";
    default:
      return watch ? "watch" : resource.name === undefined ? "list" : "get";
  }
}

function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
