import { codeOf, errorMessage, isJsonObject, jsonEquals, type JsonValue, TaskGroup } from "@lateen/base";
import { type KubeObject, labelSelectorOf, matchesLabels, type MetaLabelSelector, valueAt } from "@lateen/objects";
import { objectsOf } from "../kinds/edit.ts";
import { decodeStored } from "../object/stored-form.ts";
import type { Core } from "../server/core.ts";
import { internalResourceRequest } from "../server/internal-request.ts";

const prefix = "/registry/rbac.authorization.k8s.io/clusterroles/";

/**
 * Fills the cluster roles that are the sum of others (`aggregationRule`) whenever one of these changes: admin, edit and view
 * are such. A controller of its own in kube-controller-manager.
 */
export class AggregatedRoles implements AsyncDisposable {
  readonly #core: Core;
  readonly #roles = new Map<string, KubeObject>();
  readonly #tasks = new TaskGroup();
  readonly #end: () => void;
  #round: Promise<void> | undefined;
  #again = false;

  constructor(core: Core) {
    this.#core = core;
    const { entries, revision } = core.store.range(prefix);
    for (const entry of entries) this.#roles.set(entry.key, decodeStored(entry));
    this.#end = core.store.subscribe(prefix, revision, (event) => {
      if (event.kind === "progress") return;
      if (event.kind === "put") this.#roles.set(event.key, decodeStored(event));
      else this.#roles.delete(event.key);
      this.#start();
    });
  }

  /** Brings all up to date. */
  async settle(): Promise<void> {
    this.#start();
    while (this.#round !== undefined) await this.#round;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.#tasks[Symbol.asyncDispose]();
  }

  #start(): void {
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#round = this.#run();
    const round = this.#round;
    this.#tasks.run(() => round);
  }

  async #run(): Promise<void> {
    // The change that woke us is published while its commit is answered: the next turn sees everything.
    await Promise.resolve();
    do {
      this.#again = false;
      for (const role of this.#roles.values()) await this.#fill(role);
    } while (this.#again);
    this.#round = undefined;
  }

  async #fill(role: KubeObject): Promise<void> {
    const selectors = objectsOf(valueAt(role, "aggregationRule", "clusterRoleSelectors"));
    if (selectors.length === 0 || !isJsonObject(valueAt(role, "aggregationRule"))) return;
    const rules = this.#rulesFor(role, selectors as unknown as readonly MetaLabelSelector[]);
    if (jsonEquals(rules, valueAt(role, "rules") ?? [])) return;
    const { table } = this.#core;
    const resource = table.lookup({ group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles" })!;
    const name = role.metadata.name ?? "";
    const options = {
      dryRun: false,
      fieldManager: "clusterrole-aggregation-controller",
      fieldValidation: "Ignore" as const,
      force: true,
    };
    try {
      const target = { resource, verb: "update" as const, namespace: undefined, name };
      await this.#core.changeObject(internalResourceRequest(this.#core, target), options, (live) => ({
        object: { ...live, rules },
      }));
    } catch (error) {
      if (codeOf(error) === "NotFound" || codeOf(error) === "closed") return;
      this.#core.log({ level: "error", message: `aggregate cluster role ${name}`, error: errorMessage(error) });
    }
  }

  #rulesFor(role: KubeObject, selectors: readonly MetaLabelSelector[]): JsonValue[] {
    const rules: JsonValue[] = [];
    const sources = [...this.#roles.values()].toSorted((a, b) =>
      (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1,
    );
    for (const selector of selectors.map(labelSelectorOf)) {
      for (const source of sources) {
        if (source.metadata.name === role.metadata.name || !matchesLabels(selector, source.metadata.labels)) continue;
        for (const rule of objectsOf(valueAt(source, "rules"))) {
          if (!rules.some((one) => jsonEquals(one, rule))) rules.push(rule);
        }
      }
    }
    return rules;
  }
}
