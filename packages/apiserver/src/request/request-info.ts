/** What a path asks for (apiserver pkg/endpoints/request/requestinfo.go). */
export interface ResourcePath {
  readonly kind: "resource";
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** Path elements after the subresource (`proxy/…`). */
  readonly rest: readonly string[];
  /** The old `/watch/` form. */
  readonly watch: boolean;
}

export interface PlainPath {
  readonly kind: "plain";
  readonly path: string;
}

/** Segments of a path, decoded; `undefined` when one cannot be (or holds a slash), which names nothing. */
export function pathSegments(path: string): readonly string[] | undefined {
  const parts = path.split("/").slice(1);
  if (parts.at(-1) === "") parts.pop();
  const segments: string[] = [];
  for (const part of parts) {
    if (part === "") return undefined;
    let segment = part;
    if (part.includes("%")) {
      try {
        segment = decodeURIComponent(part);
      } catch {
        return undefined;
      }
    }
    if (segment.includes("/")) return undefined;
    segments.push(segment);
  }
  return segments;
}

/**
 * Reads `/api/v1/…` and `/apis/G/V/…`. Paths that end before a resource (`/apis/apps/v1`) are plain.
 * Namespaces are both a resource and the scope of others: `namespaces/N/RESOURCE` is scoped, save for their own subresources.
 */
export function parsePath(path: string, segments: readonly string[]): ResourcePath | PlainPath {
  const plain: PlainPath = { kind: "plain", path };
  const api = segments[0];
  if (api !== "api" && api !== "apis") return plain;
  const group = api === "api" ? "" : segments[1];
  const version = api === "api" ? segments[1] : segments[2];
  let rest = segments.slice(api === "api" ? 2 : 3);
  if (group === undefined || version === undefined || rest.length === 0) return plain;
  const watch = rest[0] === "watch" && rest.length > 1;
  if (watch) rest = rest.slice(1);
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && !(group === "" && namespaceSubresources.has(rest[2]!))) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [resource, name, subresource, ...further] = rest;
  return {
    kind: "resource",
    group,
    version,
    namespace,
    resource: resource!,
    name,
    subresource,
    rest: further,
    watch,
  };
}

const namespaceSubresources = new Set(["status", "finalize"]);
