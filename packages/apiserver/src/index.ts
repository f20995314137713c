export {
  type AuthenticateOptions,
  type StaticToken,
  type TokenAuthenticator,
  parseTokenFile,
  staticTokens,
} from "./authn/authenticate.ts";
export {
  type AuthenticationConfig,
  AuthenticationConfigError,
  parseAuthenticationConfig,
} from "./authn/oidc-config.ts";
export { oidcAuthenticator } from "./authn/oidc.ts";
export { type ServiceAccountKey, createServiceAccountKey } from "./authn/token-issuer.ts";
export type { AdmissionQuestion, AdmissionVerdict, Admitter } from "./admission/admitter.ts";
export type { Platform } from "./platform/platform.ts";
export type { Peer, UserInfo } from "./request/context.ts";
export type { AuditEvent, AuditSink } from "./audit/audit-event.ts";
export type { AuditPolicy } from "./audit/audit-policy.ts";
export type { ExtensionAuthentication } from "./aggregation/extension-authentication.ts";
export type { FairnessOptions } from "./fairness/flow-control.ts";
export { createApiServer } from "./server/api-server.ts";
export type { ApiServer, ApiServerOptions, Upgrade } from "./server/options.ts";
export { parseStored } from "./object/stored-form.ts";
export { createMemoryStore } from "./store/memory.ts";
export type { PodConnection, PodStreams } from "./subresources/pod-streams.ts";
export {
  type Entry,
  type Operation,
  type Page,
  type RangeOptions,
  type Store,
  StoreError,
  type StoreErrorCode,
  type StoreEvent,
} from "./store/store.ts";
