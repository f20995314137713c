import { ApiError, failureStatus, isNotFound, nearestName } from "@lateen/base";
import { type KindTable, type Transport, apiVersionOf, groupVersionOf } from "@lateen/objects";
import { sendJson } from "./request.ts";

export interface ResolvedKind {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** `resources` of an APIResourceList (meta/v1), as far as it matters here. */
interface DiscoveryAnswer {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/**
 * Which resource serves a kind. Built-in kinds come from the table when there is one; others from discovery, asked once
 * per group and version. A kind that a cached answer lacks is asked for again (it may have been installed since), at
 * most one question at a time.
 */
export class KindResolver {
  readonly #transport: Transport;
  readonly #kinds: KindTable | undefined;
  readonly #known = new Map<string, Map<string, ResolvedKind>>();
  readonly #asking = new Map<string, Promise<Map<string, ResolvedKind>>>();

  constructor(transport: Transport, kinds: KindTable | undefined) {
    this.#transport = transport;
    this.#kinds = kinds;
  }

  /** What is known without asking. */
  known(apiVersion: string, kind: string): ResolvedKind | undefined {
    return this.#kinds?.lookup({ ...groupVersionOf(apiVersion), kind }) ?? this.#known.get(apiVersion)?.get(kind);
  }

  /** @throws ApiError NotFound, naming the nearest kind, when the server does not serve it. */
  async resolve(apiVersion: string, kind: string): Promise<ResolvedKind> {
    const known = this.known(apiVersion, kind);
    if (known !== undefined) return known;
    const served = await this.#discover(apiVersion);
    const found = served.get(kind);
    if (found !== undefined) return found;
    throw this.#unknown(apiVersion, kind, served);
  }

  #discover(apiVersion: string): Promise<Map<string, ResolvedKind>> {
    const asked = this.#asking.get(apiVersion);
    if (asked !== undefined) return asked;
    const asking = this.#ask(apiVersion).finally(() => this.#asking.delete(apiVersion));
    this.#asking.set(apiVersion, asking);
    return asking;
  }

  async #ask(apiVersion: string): Promise<Map<string, ResolvedKind>> {
    const served = new Map<string, ResolvedKind>();
    try {
      const answer = await sendJson<DiscoveryAnswer>(this.#transport, {
        method: "GET",
        path: groupVersionPath(apiVersion),
        attempted: `discover the kinds of ${apiVersion}`,
      });
      for (const { name, kind, namespaced } of answer.resources ?? []) {
        // A subresource (`pods/log`) is no resource of its own.
        if (!name.includes("/") && !served.has(kind)) served.set(kind, { plural: name, namespaced });
      }
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#known.set(apiVersion, served);
    return served;
  }

  #unknown(apiVersion: string, kind: string, served: ReadonlyMap<string, ResolvedKind>): ApiError {
    const builtIn = (this.#kinds?.kinds ?? []).filter((candidate) => apiVersionOf(candidate) === apiVersion);
    const nearest = nearestName(kind, [...served.keys(), ...builtIn.map((candidate) => candidate.kind)]);
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    const found =
      served.size === 0 && builtIn.length === 0
        ? `the server serves nothing of ${apiVersion}`
        : `the server serves no such kind`;
    return new ApiError(failureStatus(404, "NotFound", `${found}${hint}`, { kind }), {
      attempted: `resolve ${kind} (${apiVersion})`,
    });
  }
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupVersionPath(apiVersion: string): string {
  const { group } = groupVersionOf(apiVersion);
  return group === ""
    ? `/api/${encodeURIComponent(apiVersion)}`
    : `/apis/${apiVersion.split("/").map(encodeURIComponent).join("/")}`;
}
