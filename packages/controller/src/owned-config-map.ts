import { canonicalJson, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";

export type ConfigMapData = Readonly<Record<string, string>>;

export interface OwnedConfigMapOptions {
  readonly client: Client;
  /** Whose it is: it goes with this object. */
  readonly owner: KubeObject;
  readonly name: string;
  readonly fieldManager?: string;
  readonly signal: AbortSignal;
}

/** A ConfigMap that keeps something for one object and goes with it; made when there is something to keep. */
export class OwnedConfigMap {
  readonly #options: OwnedConfigMapOptions;
  #object: KubeObject | undefined;

  constructor(options: OwnedConfigMapOptions) {
    this.#options = options;
  }

  get #reference(): {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  } {
    const { owner, name } = this.#options;
    return { apiVersion: "v1", kind: "ConfigMap", namespace: owner.metadata.namespace ?? "default", name };
  }

  /** What is kept; empty where there is nothing, or a ConfigMap of somebody else under the name. */
  async load(): Promise<ConfigMapData> {
    const { client, owner, signal } = this.#options;
    const found = await client.get(this.#reference, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    const isOwn = found?.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true;
    this.#object = isOwn ? found : undefined;
    return (valueAt(this.#object, "data") as ConfigMapData | undefined) ?? {};
  }

  /** Keeps `data` instead of what was loaded; the same data writes nothing. @throws ApiError, Conflict when somebody was faster. */
  async save(data: ConfigMapData): Promise<void> {
    const { client, owner, fieldManager, signal } = this.#options;
    const options = { signal, ...(fieldManager === undefined ? {} : { fieldManager }) };
    if (this.#object !== undefined) {
      if (canonicalJson({ ...(valueAt(this.#object, "data") as ConfigMapData | undefined) }) === canonicalJson(data))
        return;
      this.#object = await client.update({ ...this.#object, data } as KubeObject, options);
      return;
    }
    if (Object.keys(data).length === 0) return;
    const { apiVersion, kind, ...place } = this.#reference;
    const { name = "", uid = "" } = owner.metadata;
    const ownerReferences = [{ apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true }];
    this.#object = await client.create(
      { apiVersion, kind, metadata: { ...place, ownerReferences }, data } as KubeObject,
      options,
    );
  }
}
