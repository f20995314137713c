import type { Clock, Log } from "@lateen/base";
import type { GroupVersionKind, KubeObject, RuleCompiler, TypeFacts } from "@lateen/objects";
import type { ClientIdentity, Platform } from "../platform/platform.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { Resource } from "../registry/resource.ts";
import type { Entry, Store } from "../store/store.ts";
import type { Admitter } from "../admission/admitter.ts";
import type { PodStreams } from "../subresources/pod-streams.ts";
import type { TokenAuthenticator } from "../authn/authenticate.ts";
import type { TokenIssuer } from "../authn/token-issuer.ts";
import type { Rbac } from "../authz/rbac.ts";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";
import type { FollowedConfigurations } from "../admission/policies/followed-configurations.ts";
import type { Definitions } from "../crd/definitions.ts";
import type { ServiceAllocation } from "../kinds/service-allocation.ts";
import type { Converter } from "../object/converter.ts";
import type { ServicePort } from "./resolve-service.ts";
import type { ObjectReader } from "../object/object-reader.ts";

/** What every handler shares. */
export interface Core {
  readonly store: Store;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
  readonly reader: ObjectReader;
  /** Objects of custom resources in another version, also by webhook. */
  readonly converter: Converter;
  /** Compiles x-kubernetes-validations. */
  readonly rules: RuleCompiler;
  readonly definitions: Definitions;
  readonly tokens: TokenIssuer;
  readonly tokenAuthenticators: readonly TokenAuthenticator[];
  /** A built-in type, also of kinds without a resource (Scale, Eviction, TokenRequest). */
  readonly typeOf: (gvk: GroupVersionKind) => TypeFacts | undefined;
  /** ObjectMeta, for kinds whose own fields have no Go type. */
  readonly metaType: TypeFacts;
  readonly services: ServiceAllocation;
  readonly rbac: Rbac;
  /** Who the server is to servers of other APIs. */
  readonly proxyIdentity: ClientIdentity | undefined;
  readonly admitters: readonly Admitter[];
  /** Undefined until a node agent is there. */
  readonly podStreams: PodStreams | undefined;
  /** `changeObject`, for parts that writes themselves go through. */
  readonly changeObject: (
    request: ResourceRequest,
    options: WriteOptions,
    change: (live: KubeObject) => { readonly object: KubeObject },
  ) => Promise<KubeObject>;
  readonly configurations: FollowedConfigurations;
  /** `host:port` of an endpoint of a service. @throws NoEndpoint. */
  readonly resolveService: (service: ServicePort) => string;
  /** Ends of the streams that are open now; the server's end is theirs. */
  readonly openStreams: Set<() => void>;
  /** The resources that are served at this moment. */
  readonly table: ResourceTable;
}

/** An object of this core's store, by resource and key. */
export function readObject(core: Core, resource: Resource, key: string): KubeObject | undefined {
  const entry: Entry | undefined = core.store.get(key);
  return entry === undefined ? undefined : core.reader.read(resource, entry);
}
