import type { ApiRequest } from "@lateen/objects";
import type { AcceptedForm } from "../answer/accept.ts";
import type { Resource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { Core } from "../server/core.ts";
import type { Query } from "./query.ts";

/** Who asks (authentication.k8s.io UserInfo). */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What the connection knows of the client, before authentication. */
export interface Peer {
  /** Set by in-process callers, who are trusted: no credentials are looked at. */
  readonly user?: UserInfo | undefined;
  /** Subject of a client certificate that the server's own client CA has signed. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] } | undefined;
  readonly address?: string | undefined;
}

/** One request to a resource, with everything that its handling needs. */
export interface ResourceRequest {
  readonly core: Core;
  readonly table: ResourceTable;
  readonly http: ApiRequest;
  readonly query: Query;
  readonly user: UserInfo;
  readonly resource: Resource;
  readonly verb: Verb;
  readonly namespace: string | undefined;
  /** "" for collections. */
  readonly name: string;
  readonly subresource: string | undefined;
  readonly form: AcceptedForm;
  /** Texts for Warning headers, in order. */
  readonly warnings: string[];
  /** What the audit log says beside the request itself. */
  readonly annotations: Map<string, string>;
  /** Policies and webhooks were asked in another form already (a Binding, an Eviction), and are not asked again. */
  readonly admitted?: boolean;
  /** Run when the request is over, whatever came of it. */
  readonly cleanups: (() => void)[];
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection" | "connect";
