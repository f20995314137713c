import { apiVersionOf } from "@lateen/objects";
import { OpenApi, type OpenApiDocument, openApiV2Protobuf } from "@lateen/objects/kinds";
import type { JsonObject } from "@lateen/base";
import type { Kind } from "@lateen/objects";
import type { AggregatedApis } from "../aggregation/aggregated-apis.ts";
import { type ForeignSwagger, withAggregatedSwagger } from "../aggregation/merge-swagger.ts";
import { acceptClauses } from "../answer/accept.ts";
import type { Answer } from "../answer/answer.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { PageNotFound, statusError } from "../status/errors.ts";

/** Of the OpenAPI documents those that are asked for are made, and made anew only when the kinds have changed. */
export class OpenApiPaths {
  #table: ResourceTable | undefined;
  #documents: OpenApi | undefined;

  #of(table: ResourceTable): OpenApi {
    if (this.#documents === undefined) this.#documents = new OpenApi(table.kinds, schemasOf(table));
    else if (this.#table !== table) this.#documents.setKinds(table.kinds, schemasOf(table));
    this.#table = table;
    return this.#documents;
  }

  /** `/openapi/v2`, `/openapi/v3` and the documents below it. @throws PageNotFound, NotAcceptable. */
  answer(
    table: ResourceTable,
    segments: readonly string[],
    headers: {
      readonly accept: string;
      readonly ifNoneMatch: string | undefined;
      readonly aggregated: AggregatedApis;
    },
  ): Answer | Promise<Answer> {
    const documents = this.#of(table);
    const [, version, ...rest] = segments;
    if (version === "v2" && rest.length === 0) {
      if (headers.aggregated.isEmpty) return swagger((form) => documents.swagger(form), headers.accept);
      return headers.aggregated.swaggers().then((others) => swagger(mergedWith(documents, others), headers.accept));
    }
    if (version !== "v3") throw new PageNotFound(segments.join("/"));
    if (rest.length === 0) {
      const bytes = withAggregatedDocuments(documents.index(), headers.aggregated);
      return { kind: "bytes", status: 200, contentType: "text/plain; charset=utf-8", bytes };
    }
    return documentAnswer(documents.document(rest.join("/")), headers.ifNoneMatch);
  }
}

/** The index with the documents of other servers, which are asked for there. */
function withAggregatedDocuments(index: Uint8Array, apis: AggregatedApis): Uint8Array {
  const answering = apis.all.filter((api) => apis.resourcesOf(api) !== undefined);
  if (answering.length === 0) return index;
  const { paths } = JSON.parse(new TextDecoder().decode(index)) as { readonly paths: JsonObject };
  const added = answering.map(({ group, version, object }) => {
    const path = `apis/${group}/${version}`;
    const hash = `${object.metadata.uid ?? ""}-${object.metadata.resourceVersion ?? ""}`;
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
  });
  return new TextEncoder().encode(JSON.stringify({ paths: { ...paths, ...Object.fromEntries(added) } }));
}

function documentAnswer(document: OpenApiDocument | undefined, ifNoneMatch: string | undefined): Answer {
  if (document === undefined) return { kind: "bytes", status: 404, bytes: new Uint8Array() };
  const etag = `"${document.hash}"`;
  const headers = { etag, "cache-control": "public, immutable", vary: "Accept" };
  if (ifNoneMatch === etag) return { kind: "bytes", status: 304, bytes: new Uint8Array(), headers };
  return { kind: "bytes", status: 200, contentType: "application/json", bytes: document.bytes, headers };
}

/** Two spellings of one type: the one with `@` is no media type, but what clients have sent for years. */
const protobufTypes = new Set([
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
]);
const protobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** The document of this server and of the others. */
function mergedWith(documents: OpenApi, others: readonly ForeignSwagger[]): SwaggerForms {
  if (others.length === 0) return (form) => documents.swagger(form);
  return (form) => {
    const own = JSON.parse(new TextDecoder().decode(documents.swagger("json"))) as JsonObject;
    const merged = withAggregatedSwagger(own, others);
    return form === "json" ? new TextEncoder().encode(JSON.stringify(merged)) : openApiV2Protobuf(merged);
  };
}

type SwaggerForms = (form: "json" | "protobuf") => Uint8Array;

function swagger(document: SwaggerForms, accept: string): Answer {
  for (const { type } of acceptClauses(accept === "" ? "*/*" : accept)) {
    if (type === "application/json" || type === "*/*") {
      return { kind: "bytes", status: 200, contentType: "application/json", bytes: document("json") };
    }
    if (protobufTypes.has(type)) {
      return { kind: "bytes", status: 200, contentType: protobufType, bytes: document("protobuf") };
    }
  }
  throw statusError(406, "NotAcceptable", "406: Not Acceptable", {});
}

function schemasOf(table: ResourceTable): (kind: Kind) => JsonObject | undefined {
  return (kind) => {
    const resource = table.lookup(kind);
    return resource !== undefined && apiVersionOf(resource.kind) === apiVersionOf(kind)
      ? resource.custom?.schema
      : undefined;
  };
}
