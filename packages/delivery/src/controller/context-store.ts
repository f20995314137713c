/** The ConfigMap that keeps what a workflow's steps wrote. */
import { type JsonValue, canonicalJson, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type RunContext, contextFromData, contextToData } from "@lateen/workflow";
import { contextName } from "../workflow-operations.ts";
import { fieldManager } from "./field-manager.ts";

export class ContextStore {
  readonly #client: Client;
  readonly #application: KubeObject;
  readonly #signal: AbortSignal;
  #object: KubeObject | undefined;

  constructor(client: Client, application: KubeObject, signal: AbortSignal) {
    this.#client = client;
    this.#application = application;
    this.#signal = signal;
  }

  get #reference(): { apiVersion: string; kind: string; namespace: string; name: string } {
    const { namespace = "default", name = "" } = this.#application.metadata;
    return { apiVersion: "v1", kind: "ConfigMap", namespace, name: contextName(name) };
  }

  async load(): Promise<RunContext> {
    this.#object = await this.#client.get(this.#reference, { signal: this.#signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    return contextFromData(valueAt(this.#object, "data") as Readonly<Record<string, string>> | undefined);
  }

  /** An empty context: what an earlier run wrote is gone. */
  async reset(): Promise<RunContext> {
    await this.load();
    const empty: RunContext = { vars: {}, values: {} };
    if (this.#object !== undefined) await this.save(empty);
    return empty;
  }

  async save(context: RunContext): Promise<void> {
    const client = this.#client;
    const data = contextToData(context);
    if (this.#object === undefined) {
      if (Object.keys(context.vars).length === 0 && Object.keys(context.values).length === 0) return;
      const { apiVersion, kind, metadata } = this.#application;
      const { apiVersion: version, kind: own, ...reference } = this.#reference;
      const ownerReferences = [{ apiVersion, kind, name: metadata.name!, uid: metadata.uid!, controller: true }];
      this.#object = await client.create(
        { apiVersion: version, kind: own, metadata: { ...reference, ownerReferences }, data } as KubeObject,
        { signal: this.#signal, fieldManager },
      );
      return;
    }
    if (canonicalJson((this.#object.data as JsonValue | undefined) ?? {}) === canonicalJson({ ...data })) return;
    this.#object = await client.update({ ...this.#object, data } as KubeObject, { signal: this.#signal, fieldManager });
  }
}
