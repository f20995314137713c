import { isJsonObject, type JsonObject, type JsonValue, jsonEquals } from "@lateen/base";
import type { ApiService } from "./api-service.ts";

/** OpenAPI v2 of a server that serves one of the APIs. */
export interface ForeignSwagger {
  readonly api: Pick<ApiService, "group" | "version">;
  readonly swagger: JsonObject;
}

const refPrefix = "#/definitions/";
const refPattern = /"\$ref":"#\/definitions\/((?:[^"\\]|\\.)*)"/g;

/**
 * The document with the paths of other servers' APIs and the definitions that these need (kube-aggregator merges the same way): a
 * definition that is here already with another content is taken under a name of its own. Paths that this server serves stay its own.
 */
export function withAggregatedSwagger(own: JsonObject, others: readonly ForeignSwagger[]): JsonObject {
  if (others.length === 0) return own;
  const paths = new Map(Object.entries(objectOf(own.paths)));
  const definitions = new Map(Object.entries(objectOf(own.definitions)));
  for (const { api, swagger } of others) {
    const prefix = `/apis/${api.group}/${api.version}/`;
    const texts = Object.entries(objectOf(swagger.paths))
      .filter(([path]) => `${path}/`.startsWith(prefix) && !paths.has(path))
      .map(([path, item]) => [path, JSON.stringify(item)] as const);
    const names = takeDefinitions(definitions, objectOf(swagger.definitions), refsOf(texts.map(([, text]) => text)));
    for (const [path, text] of texts) paths.set(path, renamed(text, names));
  }
  return { ...own, paths: Object.fromEntries(paths), definitions: Object.fromEntries(definitions) };
}

/** Adds what is referred to, directly or not. @returns the names that it has here. */
function takeDefinitions(
  definitions: Map<string, JsonValue | undefined>,
  given: JsonObject,
  wanted: readonly string[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken: (readonly [name: string, text: string])[] = [];
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const definition = Object.hasOwn(given, name) ? given[name] : undefined;
    if (names.has(name) || definition === undefined) continue;
    const known = definitions.get(name);
    names.set(name, known === undefined || jsonEquals(known, definition) ? name : freeName(definitions, name));
    const text = JSON.stringify(definition);
    taken.push([name, text]);
    open.push(...refsOf([text]));
  }
  for (const [name, text] of taken) {
    const called = names.get(name)!;
    if (!definitions.has(called)) definitions.set(called, renamed(text, names));
  }
  return names;
}

function freeName(definitions: ReadonlyMap<string, unknown>, name: string): string {
  let n = 2;
  while (definitions.has(`${name}_v${n}`)) n++;
  return `${name}_v${n}`;
}

function refsOf(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(refPattern)].map(([, name]) => JSON.parse(`"${name}"`) as string));
}

function renamed(text: string, names: ReadonlyMap<string, string>): JsonValue {
  const changed = text.replaceAll(refPattern, (whole, name: string) => {
    const called = names.get(JSON.parse(`"${name}"`) as string);
    return called === undefined ? whole : `"$ref":${JSON.stringify(refPrefix + called)}`;
  });
  return JSON.parse(changed) as JsonValue;
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
