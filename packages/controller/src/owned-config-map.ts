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

export interface ConfigMapReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * A ConfigMap that keeps something for one object and goes with it; made when there is something to keep. One of somebody
 * else under the name is left alone, and the name gets the end of the owner's uid.
 */
export class OwnedConfigMap {
  readonly #options: OwnedConfigMapOptions;
  #name: string;
  #object: KubeObject | undefined;

  constructor(options: OwnedConfigMapOptions) {
    this.#options = options;
    this.#name = options.name;
  }

  get reference(): ConfigMapReference {
    const namespace = this.#options.owner.metadata.namespace ?? "default";
    return { apiVersion: "v1", kind: "ConfigMap", namespace, name: this.#name };
  }

  /** What is kept; empty where there is nothing yet. */
  async load(): Promise<ConfigMapData> {
    const { owner, name } = this.#options;
    this.#name = name;
    let found = await this.#find();
    if (found !== undefined && !this.#isOwn(found)) {
      this.#name = `${name}-${(owner.metadata.uid ?? "").slice(-5)}`;
      found = await this.#find();
    }
    this.#object = found !== undefined && this.#isOwn(found) ? found : undefined;
    return (valueAt(this.#object, "data") as ConfigMapData | undefined) ?? {};
  }

  async #find(): Promise<KubeObject | undefined> {
    const { client, signal } = this.#options;
    try {
      return await client.get(this.reference, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #isOwn({ metadata }: KubeObject): boolean {
    return metadata.ownerReferences?.some(({ uid }) => uid === this.#options.owner.metadata.uid) === true;
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
    const { apiVersion, kind, ...place } = this.reference;
    const { name = "", uid = "" } = owner.metadata;
    const ownerReferences = [{ apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true }];
    this.#object = await client.create(
      { apiVersion, kind, metadata: { ...place, ownerReferences }, data } as KubeObject,
      options,
    );
  }
}
