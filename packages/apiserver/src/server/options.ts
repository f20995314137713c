import type { Clock, Log } from "@lateen/base";
import type { ApiRequest, ApiResponse, KubeObject, RuleCompiler, Transport } from "@lateen/objects";
import type { Admitter } from "../admission/admitter.ts";
import type { TokenAuthenticator } from "../authn/authenticate.ts";
import type { ServiceAccountKey } from "../authn/token-issuer.ts";
import type { ClientIdentity, Platform } from "../platform/platform.ts";
import type { Peer, UserInfo } from "../request/context.ts";
import type { Store } from "../store/store.ts";
import type { PodStreams } from "../subresources/pod-streams.ts";
import type { UpgradedStream } from "../subresources/port-forward.ts";
import type { AuditSink } from "../audit/audit-event.ts";
import type { AuditPolicy } from "../audit/audit-policy.ts";
import type { ExtensionAuthentication } from "../aggregation/extension-authentication.ts";
import type { FairnessOptions } from "../fairness/flow-control.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly platform: Platform;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Definitions that are there from the start; created or brought up to date before the first request is answered. */
  readonly customResourceDefinitions?: readonly KubeObject[];
  /** Compiles the CEL rules of custom resources; package cel by default. */
  readonly rules?: RuleCompiler;
  /** Asked about each write, in order, after the built-in plugins. */
  readonly admitters?: readonly Admitter[];
  /** Logs and ports of pods; may also be set later. */
  readonly podStreams?: PodStreams;
  /** Know the bearers of tokens, asked in order; service account tokens are known without. */
  readonly tokenAuthenticators?: readonly TokenAuthenticator[];
  /**
   * `iss` of service account tokens, and the key that signs them; without one they end with the server. Of several the first
   * signs, and all are believed: so a key is replaced without ending the tokens that are out.
   */
  readonly tokenIssuer?: string;
  readonly serviceAccountKey?: ServiceAccountKey | readonly ServiceAccountKey[];
  /** Takes a line for each request that the policy names; without one for all, at level Metadata. */
  readonly audit?: AuditSink;
  readonly auditPolicy?: AuditPolicy;
  /** How many requests are worked on at once; who of them comes first is said by the FlowSchemas in the store. */
  readonly fairness?: FairnessOptions;
  /** Fill admin, edit, view and other sums of cluster roles (true); a cluster with a controller manager does it there. */
  readonly aggregateClusterRoles?: boolean;
  /** Certificate with which the server shows itself to servers of other APIs (APIService). */
  readonly proxyIdentity?: ClientIdentity;
  /** What servers of other APIs need to know callers by, told them in the ConfigMap `extension-apiserver-authentication`. */
  readonly extensionAuthentication?: ExtensionAuthentication;
  /** Whether a request without credentials is one of `system:anonymous`, instead of being refused. */
  readonly anonymous?: boolean;
  /** More for `/metrics`: what controllers of this process count, in Prometheus' text format. */
  readonly figures?: () => string;
  /** `host:port` as clients reach the server, shown in discovery. */
  readonly serverAddress?: string;
}

/** The API as a function from request to response. It owns nothing that it was given: closing it leaves the store open. */
export interface ApiServer extends AsyncDisposable {
  /** Resolves when namespaces, roles and definitions that belong to every server are there. Requests wait for it. */
  readonly ready: Promise<void>;
  handle(request: ApiRequest, peer?: Peer): Promise<ApiResponse>;
  /** A request that asks for a stream of messages both ways (port-forward). */
  upgrade(
    request: ApiRequest,
    options: { readonly peer: Peer; readonly protocols: readonly string[] },
  ): Promise<Upgrade>;
  /** A way in for callers of the same process, who are who they say. */
  transport(user: UserInfo): Transport;
  setPodStreams(streams: PodStreams | undefined): void;
}

export type Upgrade =
  | { readonly kind: "accepted"; readonly stream: UpgradedStream }
  | { readonly kind: "refused"; readonly response: ApiResponse };
