import type { Clock } from "@lateen/base";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer, UserInfo } from "../request/context.ts";
import { parsePath, pathSegments } from "../request/request-info.ts";

/** One line of the audit log (audit.k8s.io/v1 Event, level Metadata: who did what to which object, and what came of it). */
export interface AuditEvent {
  readonly kind: "Event";
  readonly apiVersion: "audit.k8s.io/v1";
  readonly level: "Metadata";
  readonly auditID: string;
  readonly stage: "ResponseComplete" | "ResponseStarted";
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string; readonly groups: readonly string[]; readonly uid?: string };
  readonly impersonatedUser?: { readonly username: string; readonly groups: readonly string[] };
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  readonly objectRef?: Readonly<Record<string, string>>;
  readonly responseStatus: { readonly code: number };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** Takes audit events; must not throw, and is not waited for. */
export type AuditSink = (event: AuditEvent) => void;

export interface Audited {
  readonly request: ApiRequest;
  readonly response: ApiResponse;
  readonly peer: Peer;
  readonly auditId: string;
  readonly receivedMs: number;
  /** Who asked, as far as that came out, and as whom. */
  readonly caller: UserInfo | undefined;
  readonly user: UserInfo | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

const anonymous: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };

export function auditEvent(audited: Audited, clock: Clock): AuditEvent {
  const { request, response, peer, caller = anonymous, user } = audited;
  const [path = "/", query = ""] = request.path.split("?", 2);
  const segments = pathSegments(path);
  const parsed = segments && parsePath(path, segments);
  const resource = parsed?.kind === "resource" ? parsed : undefined;
  const watch = resource !== undefined && /(?:^|&)watch=(?!false|0(?:&|$))/.test(query);
  const agent = request.headers["user-agent"];
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: audited.auditId,
    stage: response.body instanceof Uint8Array ? "ResponseComplete" : "ResponseStarted",
    requestURI: request.path,
    verb: verbOf(request.method, resource?.name, watch),
    user: { username: caller.username, groups: caller.groups, ...(caller.uid && { uid: caller.uid }) },
    ...(user !== undefined &&
      user.username !== caller.username && { impersonatedUser: { username: user.username, groups: user.groups } }),
    sourceIPs: [peer.address ?? "127.0.0.1"],
    userAgent: typeof agent === "string" ? agent : "",
    ...(resource && { objectRef: referenceOf(resource) }),
    responseStatus: { code: response.status },
    ...(audited.annotations.size > 0 && { annotations: Object.fromEntries(audited.annotations) }),
    requestReceivedTimestamp: microTime(audited.receivedMs),
    stageTimestamp: microTime(clock.now()),
  };
}

function referenceOf(path: {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly group: string;
  readonly version: string;
  readonly subresource: string | undefined;
}): Readonly<Record<string, string>> {
  return {
    resource: path.resource,
    ...(path.namespace && { namespace: path.namespace }),
    ...(path.name && { name: path.name }),
    ...(path.group && { apiGroup: path.group }),
    apiVersion: path.version,
    ...(path.subresource && { subresource: path.subresource }),
  };
}

function verbOf(method: string, name: string | undefined, watch: boolean): string {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === undefined ? "deletecollection" : "delete";
    default:
      return watch ? "watch" : name === undefined ? "list" : "get";
  }
}

function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
