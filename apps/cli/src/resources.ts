import { isJsonObject, type JsonObject } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import type { RawServer } from "./raw.ts";

/** A resource that a server has. */
export interface NamedResource {
  /** `/apis/apps/v1`. */
  readonly root: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/**
 * The resource that a word means, as kubectl reads it: plural, singular, kind or short name, with or without its group
 * (`deploy`, `deployments.apps`). @throws Error when there is none.
 */
export async function findResource(server: RawServer, word: string): Promise<NamedResource> {
  const [name = "", ...rest] = word.toLowerCase().split(".");
  const wanted = rest.join(".");
  for (const path of ["/api", "/apis"]) {
    const { items } = await server.json("GET", path, { accept: aggregated });
    for (const group of objectsOf(items)) {
      const groupName = textOf(valueAt(group, "metadata", "name"));
      if (wanted !== "" && wanted !== groupName) continue;
      for (const version of objectsOf(group.versions)) {
        const found = objectsOf(version.resources).find((resource) => isNamed(resource, name));
        if (found === undefined) continue;
        const root =
          groupName === "" ? `/api/${textOf(version.version)}` : `/apis/${groupName}/${textOf(version.version)}`;
        return { root, plural: textOf(found.resource), namespaced: found.scope === "Namespaced" };
      }
    }
  }
  throw new Error(`the server has no resource "${word}"`);
}

function isNamed(resource: JsonObject, name: string): boolean {
  const names = [resource.resource, resource.singularResource, valueAt(resource, "responseKind", "kind")];
  const short = Array.isArray(resource.shortNames) ? resource.shortNames : [];
  return [...names, ...short].some((one) => typeof one === "string" && one.toLowerCase() === name);
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
