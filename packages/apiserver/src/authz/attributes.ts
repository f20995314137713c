import type { UserInfo } from "../request/context.ts";

/** What an authorizer is asked (authorization.k8s.io): a resource, or a path that is none. */
export interface Attributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly kind: "resource" | "path";
  readonly group?: string | undefined;
  readonly version?: string | undefined;
  readonly resource?: string | undefined;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
}

export type Decision =
  | { readonly kind: "allowed"; readonly reason: string }
  | { readonly kind: "denied"; readonly reason: string };

export type Authorizer = (attributes: Attributes) => Decision;
