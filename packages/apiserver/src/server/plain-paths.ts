import type { JsonObject } from "@lateen/base";
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from "@lateen/objects/kinds";
import { acceptClauses } from "../answer/accept.ts";
import type { AggregatedApis } from "../aggregation/aggregated-apis.ts";
import {
  withAggregatedGroups,
  withAggregatedResources,
  withAggregatedVersions,
} from "../aggregation/merge-discovery.ts";
import type { Answer } from "../answer/answer.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { methodNotAllowed, noSuchResource, PageNotFound } from "../status/errors.ts";
import type { ServerVersion } from "./version.ts";

export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly segments: readonly string[];
  readonly accept: string;
  readonly table: ResourceTable;
  readonly aggregated: AggregatedApis;
  readonly version: ServerVersion;
  readonly issuer: string;
  /** `host:port` as clients reach the server. */
  readonly serverAddress: string;
}

/** Paths that are no resource and need a caller with rights: discovery and the list of paths. @throws PageNotFound. */
export function answerPlain(request: PlainRequest): Answer {
  const { segments, table, aggregated } = request;
  const [first, second, third] = segments;
  if (segments.length === 0) return found(request, { paths: rootPaths(table) });
  if (first === "version" && segments.length === 1) return found(request, { ...request.version });
  if (first === "api") {
    if (segments.length === 1) return discovery(request, "core", apiVersions(table.kinds, request.serverAddress));
    const list = segments.length === 2 ? apiResourceList(table.kinds, { group: "", version: second! }) : undefined;
    if (list === undefined) throw noSuchResource();
    return found(request, list);
  }
  if (first === "apis") {
    if (segments.length === 1)
      return discovery(request, "named", withAggregatedGroups(apiGroupList(table.kinds), aggregated));
    const document =
      segments.length === 2
        ? withAggregatedVersions(apiGroup(table.kinds, second!), second!, aggregated)
        : apiResourceList(table.kinds, { group: second!, version: third! });
    if (document !== undefined) return found(request, document);
    if (table.isBuiltinGroup(second!)) throw noSuchResource();
  }
  if (request.path === "/.well-known/openid-configuration") return found(request, openIdConfiguration(request));
  throw new PageNotFound(request.path);
}

/** Where the keys of service account tokens are (OpenID Connect Discovery 1.0). */
function openIdConfiguration({ issuer, serverAddress }: PlainRequest): JsonObject {
  return {
    issuer,
    jwks_uri: `https://${serverAddress}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
}

function found(request: PlainRequest, object: JsonObject): Answer {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  return { kind: "object", status: 200, object };
}

const discoveryType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** The first entry of Accept that is served: the aggregated document (v2) or the legacy one. */
function discovery(request: PlainRequest, part: "core" | "named", legacy: JsonObject): Answer {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  for (const { type, params } of acceptClauses(request.accept)) {
    if (type !== "application/json" && type !== "*/*") continue;
    if (!params.has("as")) break;
    if (params.get("as") !== "APIGroupDiscoveryList" || params.get("g") !== "apidiscovery.k8s.io") continue;
    if (params.get("v") !== "v2") continue;
    const own = aggregatedDiscovery(request.table.kinds, part);
    const document = part === "core" ? own : withAggregatedResources(own, request.aggregated);
    return {
      kind: "json",
      status: 200,
      bytes: new TextEncoder().encode(`${JSON.stringify(document)}\n`),
      contentType: discoveryType,
    };
  }
  return { kind: "object", status: 200, object: legacy };
}

function rootPaths(table: ResourceTable): string[] {
  const paths = new Set(["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]);
  for (const { group, version } of table.kinds.kinds) {
    if (group === "") paths.add(`/api/${version}`);
    else paths.add(`/apis/${group}`).add(`/apis/${group}/${version}`);
  }
  return [...paths].toSorted();
}
