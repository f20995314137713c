/** The status of an Application while a reconcile works on it; it is written once, and only when it says something new. */
import { type Clock, type JsonObject, type JsonValue, canonicalJson, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type Condition, type EventRecorder, withCondition } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { type RunStatus, statusToJson } from "@lateen/workflow";
import { textOf } from "../application/application.ts";
import type { AppliedPolicy } from "../policy/application-scoped.ts";
import { type ServiceStatus, isService, serviceJson } from "./deliver-component.ts";
import type { Waiting } from "./removal.ts";
import type { Revision } from "./revision.ts";
import type { ManagedResource } from "./tracker.ts";

/** A deletion that takes longer than this is told as stalled. */
const stalledMs = 5 * 60_000;

const keptOnRestart = new Set(["Parsed", "Revision", "Policy", "Render"]);

/** What events say of a condition (kubevela-engine.md 2.9). */
const eventsOf: Readonly<
  Record<string, { readonly reason: string; readonly message: string; readonly failed: string }>
> = {
  Parsed: { reason: "Parsed", message: "Parsed successfully", failed: "FailedParse" },
  Revision: { reason: "Revisioned", message: "Revisioned successfully", failed: "FailedRevision" },
  Policy: { reason: "PolicyGenerated", message: "Policy generated successfully", failed: "FailedApply" },
  Render: { reason: "Rendered", message: "Rendered successfully", failed: "FailedRender" },
  Workflow: { reason: "Applied", message: "Workflow finished", failed: "FailedWorkflow" },
  Ready: { reason: "Deployed", message: "Deployed successfully", failed: "FailedGC" },
  StateKeep: { reason: "", message: "", failed: "FailedStateKeep" },
};

export interface DraftTools {
  readonly clock: Clock;
  readonly events: EventRecorder;
}

export class StatusDraft {
  readonly #application: KubeObject;
  readonly #clock: Clock;
  readonly #events: EventRecorder;
  /** A condition that was told before is not told again, but for a new revision. */
  #told: readonly Condition[];
  readonly #before: string;
  #status: Record<string, JsonValue | undefined>;

  constructor(application: KubeObject, { clock, events }: DraftTools) {
    this.#application = application;
    this.#clock = clock;
    this.#events = events;
    const status = isJsonObject(application.status) ? application.status : {};
    this.#before = canonicalJson(status);
    this.#status = { ...status };
    this.#told = this.#conditions;
  }

  #wasTold(type: string, status: string, message?: string): boolean {
    return this.#told.some(
      (one) => one.type === type && one.status === status && (message === undefined || one.message === message),
    );
  }

  event(type: "Normal" | "Warning", reason: string, message: string): void {
    this.#events.record({ object: this.#application, type, reason, message });
  }

  #tellSuccess(type: string): void {
    const facts = eventsOf[type];
    if (facts !== undefined && !this.#wasTold(type, "True")) this.event("Normal", facts.reason, facts.message);
  }

  #tellFailure(type: string, message: string): void {
    const facts = eventsOf[type];
    if (facts !== undefined && !this.#wasTold(type, "False", message)) this.event("Warning", facts.failed, message);
  }

  get #conditions(): readonly Condition[] {
    return (this.#status.conditions as readonly Condition[] | undefined) ?? [];
  }

  set #conditions(conditions: readonly Condition[]) {
    this.#status.conditions = conditions as unknown as JsonValue;
  }

  #set(condition: Omit<Condition, "lastTransitionTime">): void {
    this.#conditions = withCondition(this.#conditions, condition, this.#clock.now());
  }

  succeed(type: string): void {
    this.#tellSuccess(type);
    this.#set({ type, status: "True", reason: "Available" });
    if (this.#conditions.some((condition) => condition.type === "Synced" && condition.status === "False")) {
      this.#conditions = this.#conditions.filter((condition) => condition.type !== "Synced");
    }
  }

  /** What policies of scope Application have done; nothing is said where there are none. */
  appliedPolicies(results: readonly AppliedPolicy[]): void {
    this.#tellPolicies(results);
    if (results.length === 0) delete this.#status.appliedApplicationPolicies;
    else this.#status.appliedApplicationPolicies = results.map((result): JsonObject => ({ ...result }));
  }

  #tellPolicies(results: readonly AppliedPolicy[]): void {
    const before = Array.isArray(this.#status.appliedApplicationPolicies)
      ? this.#status.appliedApplicationPolicies
      : [];
    const known = new Set(before.map((one) => canonicalJson(one)));
    for (const result of results) {
      if (known.has(canonicalJson({ ...result }))) continue;
      const prefix = result.source === "global" ? "GlobalPolicy" : "Policy";
      const outcome = result.error ? "Failed" : result.applied ? "Applied" : "Skipped";
      const reason = result.message === "" ? "" : `: ${result.message}`;
      this.event(result.error ? "Warning" : "Normal", `${prefix}${outcome}`, `policy ${result.name}${reason}`);
    }
  }

  /** A stage failed: its condition says why, and the application is not ready. */
  fail(type: string, message: string): void {
    this.#tellFailure(type, message);
    this.#set({ type, status: "False", reason: "ReconcileError", message });
    this.#set({ type: "Ready", status: "False", reason: "ReconcileError", message });
  }

  condition(type: string, message: string): void {
    this.#tellFailure(type, message);
    this.#set({ type, status: "False", reason: "ReconcileError", message });
  }

  ready(): void {
    this.#tellSuccess("Ready");
    this.#set({ type: "Ready", status: "True", reason: "ReconcileSuccess" });
  }

  /** What is not gone yet: the first with what it waits for, and how many. Long waits are stalled. */
  deleting(waiting: readonly Waiting[]): void {
    const shown = ({ resource: { kind, namespace, name }, state }: Waiting): string =>
      `${kind} ${namespace === "" ? name : `${namespace}/${name}`} (${state})`;
    const [first] = waiting;
    const more = waiting.length > 1 ? `, ${waiting.length} objects in all` : "";
    const message = `waiting for ${first === undefined ? "its objects" : shown(first)} to be deleted${more}`;
    this.#set({ type: "Ready", status: "False", reason: "Deleting", message });
    const now = this.#clock.now();
    const stuck = waiting.filter(({ since }) => since !== undefined && now - since > stalledMs);
    if (stuck.length === 0) this.#conditions = this.#conditions.filter(({ type }) => type !== "Stalled");
    else
      this.#set({
        type: "Stalled",
        status: "True",
        reason: "DeletionStuck",
        message: `${stuck.map(shown).join("; ")}: whoever set the finalizer has to take it away`,
      });
  }

  phase(phase: string): void {
    this.#status.status = phase;
  }

  revision({ name, number, hash, isNew }: Revision): void {
    if (isNew) {
      // What has just succeeded was for the new revision.
      const again = ["Parsed", "Revision"].filter((type) => this.#wasTold(type, "True"));
      this.#told = [];
      for (const type of again) this.#tellSuccess(type);
    }
    this.#status.latestRevision = { name, revision: number, revisionHash: hash };
  }

  /** A workflow begins: what the last one found is gone. */
  restartWorkflow(): void {
    this.#conditions = this.#conditions.filter(({ type }) => keptOnRestart.has(type));
    delete this.#status.workflow;
    delete this.#status.services;
    delete this.#status.appliedResources;
  }

  workflow(
    status: RunStatus,
    { token, contextBackend }: { readonly token: string; readonly contextBackend: string },
  ): void {
    this.#status.workflow = {
      appRevision: token,
      ...statusToJson(status, "application"),
      contextBackend: {
        apiVersion: "v1",
        kind: "ConfigMap",
        name: contextBackend,
        namespace: this.#application.metadata.namespace ?? "default",
      },
    };
  }

  workflowJson(): JsonObject | undefined {
    return isJsonObject(this.#status.workflow) ? this.#status.workflow : undefined;
  }

  /** New findings win over kept ones; services of components that are gone are dropped. */
  services(found: readonly ServiceStatus[], components: readonly string[]): void {
    const known = Array.isArray(this.#status.services) ? this.#status.services.filter(isService) : [];
    const byPlace = new Map(known.map((service) => [placeOf(service), service]));
    for (const service of found) byPlace.set(placeOf(serviceJson(service)), serviceJson(service));
    const services = [...byPlace.values()].filter(({ name }) => components.includes(textOf(name)));
    if (services.length > 0) this.#status.services = services;
    else delete this.#status.services;
  }

  /** @param left fields that others keep, as `spec.replicas: horizontal-pod-autoscaler`. */
  appliedResources(
    resources: readonly ManagedResource[],
    left: (resource: ManagedResource) => readonly string[] = () => [],
  ): void {
    const applied = resources.map((resource) => {
      const { cluster, creator, apiVersion, kind, namespace, name } = resource;
      const leftToOthers = left(resource);
      return {
        cluster,
        ...(creator === "" ? {} : { creator }),
        apiVersion,
        kind,
        ...(namespace === "" ? {} : { namespace }),
        name,
        ...(leftToOthers.length === 0 ? {} : { leftToOthers }),
      };
    });
    if (applied.length > 0) this.#status.appliedResources = applied;
    else delete this.#status.appliedResources;
  }

  /** The status as it is drafted so far. */
  json(): JsonObject {
    return { ...this.#status } as JsonObject;
  }

  /** Writes the status if it differs from what was read. @throws Conflict when somebody was faster. */
  async write(client: Client, signal: AbortSignal): Promise<void> {
    if (canonicalJson({ ...this.#status } as JsonObject) === this.#before) return;
    const status = { ...this.#status, observedGeneration: this.#application.metadata.generation ?? 0 };
    if (canonicalJson(status as JsonObject) === this.#before) return;
    try {
      await client.updateStatus({ ...this.#application, status }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

const placeOf = (service: JsonObject): string =>
  `${textOf(service.name)}/${textOf(service.cluster)}/${textOf(service.namespace)}/${textOf(service.env)}`;
