import type { JsonObject } from "@lateen/base";

/** Whose rules a schema follows. */
export type Dialect =
  | "draft-04"
  | "draft-06"
  | "draft-07"
  | "2019-09"
  | "2020-12"
  | "openapi"
  | "kubernetes"
  | "custom-resource";

const uris: readonly (readonly [uri: string, dialect: Dialect])[] = [
  ["http://json-schema.org/draft-04/schema", "draft-04"],
  ["http://json-schema.org/draft-06/schema", "draft-06"],
  ["http://json-schema.org/draft-07/schema", "draft-07"],
  ["https://json-schema.org/draft/2019-09/schema", "2019-09"],
  ["https://json-schema.org/draft/2020-12/schema", "2020-12"],
];

const order: readonly Dialect[] = ["draft-04", "draft-06", "draft-07", "2019-09", "2020-12"];

export function dialectOfUri(uri: string): Dialect | undefined {
  const bare = uri.replace(/#$/, "");
  return uris.find(([known]) => known === bare)?.[1];
}

/** The canonical form of a dialect's URI, as it stands in an attribute. */
export function uriOf(dialect: Dialect): string | undefined {
  const uri = uris.find(([, known]) => known === dialect)?.[0];
  return uri === undefined || !uri.startsWith("http://") ? uri : `${uri}#`;
}

/** The name of a dialect in messages. */
export function dialectName(dialect: Dialect): string {
  switch (dialect) {
    case "openapi":
      return "OpenAPI 3.0";
    case "kubernetes":
      return "Kubernetes API";
    case "custom-resource":
      return "Kubernetes CRD";
    default:
      return uriOf(dialect) ?? dialect;
  }
}

/** Whether a JSON Schema dialect is at least another; the others follow OpenAPI 3.0, which is about draft 04. */
export function isSince(dialect: Dialect, first: Dialect): boolean {
  const at = order.indexOf(dialect);
  return at >= 0 && at >= order.indexOf(first);
}

export function isKubernetes(dialect: Dialect): boolean {
  return dialect === "kubernetes" || dialect === "custom-resource";
}

/** The keyword's value if it is there. */
export function own(schema: JsonObject, key: string): JsonObject[string] | undefined {
  return Object.hasOwn(schema, key) ? schema[key] : undefined;
}
