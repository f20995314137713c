/** Follows one subject through a preview: notes its timeline, resumes what is to be resumed, knows when it rests. */
import { type JsonObject, isJsonObject, isNotFound, maskSecrets } from "@lateen/base";
import type { Client } from "@lateen/client";
import { resumeWorkflow } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import { resumeWorkflowRun } from "@lateen/runs";
import { covered } from "./covered.ts";
import type { Outside } from "./outside.ts";
import { assumeNamespace } from "./apply-objects.ts";
import type { PreviewOptions, PreviewedStep, PreviewedSubject, StepWrite } from "./report.ts";
import {
  type RecordedStep,
  type Subject,
  type Standing,
  Timeline,
  declaredSteps,
  nextDeadline,
  recordedSteps,
  runOfSubject,
  runStatusOf,
  standingOf,
  unknownInput,
  waitingText,
} from "./subject.ts";
import type { TrackedResource } from "./tracked.ts";
import type { LoggedWrite, WriteLog } from "./write-log.ts";

export interface SubjectWatchOptions {
  readonly client: Client;
  readonly outside: Outside;
  readonly writes: WriteLog;
  readonly elapsed: () => number;
  readonly options: PreviewOptions;
  readonly assumesNamespaces: boolean;
  readonly signal: AbortSignal;
}

/** What has said nothing new for so long waits for something that does not come by itself. */
const patienceMs = 30 * 60_000;

export class SubjectWatch {
  readonly subject: Subject;
  readonly #run: string;
  readonly #options: SubjectWatchOptions;
  readonly #timeline = new Timeline();
  #object: KubeObject | undefined;
  #standing: Standing;
  #stopped: { readonly step: string; readonly message: string } | undefined;
  /** Ids of steps that were resumed: one that holds again does so for its duration. */
  readonly #resumed = new Set<string>();
  #endMs = 0;
  #nextMs: number | undefined;

  constructor(subject: Subject, options: SubjectWatchOptions) {
    this.subject = subject;
    this.#run = runOfSubject(subject);
    this.#options = options;
  }

  writes(): readonly LoggedWrite[] {
    return this.#options.writes.writesOf(this.#run);
  }

  /** When something of it happens next, as far as is known: milliseconds since 1970. */
  get nextMs(): number | undefined {
    return this.#nextMs;
  }

  /** How long nothing new has been seen of it. */
  get quietMs(): number {
    return this.#options.elapsed() - this.#timeline.newsMs;
  }

  /** @returns whether it needs no more time. */
  async look(): Promise<boolean> {
    if (this.#stopped !== undefined) return true;
    const { client, elapsed, outside } = this.#options;
    const { apiVersion, kind, namespace, name } = this.subject;
    const object = await client.get({ apiVersion, kind, namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
    const isNew = object?.metadata.resourceVersion !== this.#object?.metadata.resourceVersion;
    this.#object = object;
    const before = this.#standing;
    this.#standing = standingOf(object);
    if (isNew && this.#standing?.end !== before?.end) this.#endMs = elapsed();
    if (object === undefined) return true;
    if (isNew) {
      this.#timeline.note(object, elapsed());
      const unknown = await unknownInput(client, object, (variable) => outside.sourceOfUnknown(this.#run, variable));
      if (unknown !== undefined) {
        const { step, input, from } = unknown;
        this.#endMs = elapsed();
        this.#stopped = {
          step,
          message: `step ${step} needs ${input}, which step ${from} gets from outside: a preview does not know it; declare it with --answer ${from}=JSON`,
        };
        return true;
      }
      if (this.#options.assumesNamespaces) await this.#assumeMissingNamespaces(object);
    }
    if (isNew) this.#nextMs = await nextDeadline(client, object);
    if (this.#standing?.end === "suspended") return !(await this.#resume(object)) && this.#nextMs === undefined;
    return this.#standing !== undefined || (this.#nextMs === undefined && this.quietMs > patienceMs);
  }

  async #resume(object: KubeObject): Promise<boolean> {
    const { client, options } = this.#options;
    const { resume } = options;
    if (resume === undefined) return false;
    const held = recordedSteps(object).find(
      ({ id, phase, name }) =>
        phase === "suspending" && !this.#resumed.has(id) && (resume === "all" || resume.includes(name)),
    );
    if (held === undefined) return false;
    this.#resumed.add(held.id);
    const { namespace, name, kind } = this.subject;
    const target = { namespace, name, step: held.name, signal: this.#options.signal };
    await (kind === "WorkflowRun" ? resumeWorkflowRun(client, target) : resumeWorkflow(client, target));
    return true;
  }

  /** Where nothing is, the namespaces that an application is delivered to are taken to be there. */
  async #assumeMissingNamespaces(object: KubeObject): Promise<void> {
    const { client } = this.#options;
    for (const { message } of recordedSteps(object)) {
      for (const [, name] of message.matchAll(/namespace "([a-z0-9-]+)" does not exist/g))
        await assumeNamespace(client, name!);
    }
  }

  refused(): PreviewedSubject {
    const { apiVersion, kind, namespace, name } = this.subject;
    return {
      apiVersion,
      kind,
      namespace,
      name,
      end: "refused",
      phase: "",
      message: "it is not accepted",
      endMs: 0,
      status: {},
      steps: [],
      resources: [],
      outside: [],
    };
  }

  report(tracked: readonly TrackedResource[]): PreviewedSubject {
    const { apiVersion, kind, namespace, name } = this.subject;
    const object = this.#object;
    const standing =
      this.#stopped === undefined ? this.#standing : { end: "stopped" as const, message: this.#stopped.message };
    const status = isJsonObject(object?.status) ? object.status : {};
    return {
      apiVersion,
      kind,
      namespace,
      name,
      end: standing?.end ?? "waiting",
      phase: phaseOf(status),
      message: standing?.message ?? (object === undefined ? "" : waitingText(object)),
      endMs: standing === undefined ? this.#options.elapsed() : this.#endMs,
      status: maskSecrets(status) as JsonObject,
      steps: object === undefined ? [] : this.#steps(object),
      resources: this.#resources(tracked),
      outside: this.#options.outside.effectsOf(this.#run),
    };
  }

  #steps(object: KubeObject): readonly PreviewedStep[] {
    const writes = this.writes();
    const recorded = recordedSteps(object);
    const missing = this.#unstarted(object, recorded);
    return [
      ...recorded.map((step): PreviewedStep => {
        const moments = this.#timeline.momentsOf(step.name);
        const isStopped = this.#stopped?.step === step.name;
        const ended = ["succeeded", "failed", "skipped"].includes(step.phase) && !isStopped;
        const startMs = moments[0]?.atMs;
        return {
          name: step.name,
          type: step.type,
          ...(step.group === undefined ? {} : { group: step.group }),
          ...(startMs === undefined ? {} : { startMs }),
          ...(ended && moments.length > 0 ? { endMs: moments.at(-1)!.atMs } : {}),
          phase: isStopped ? "unknown" : step.phase,
          reason: isStopped ? "Preview" : step.reason,
          message: isStopped ? this.#stopped!.message : step.message,
          moments,
          writes: writes.filter((write) => write.step === step.name).map(plainWrite),
        };
      }),
      ...missing,
    ];
  }

  /** Steps that are declared and were not reached. */
  #unstarted(object: KubeObject, recorded: readonly RecordedStep[]): readonly PreviewedStep[] {
    if (runStatusOf(object).finished === true) return [];
    const known = new Set(recorded.map(({ name }) => name));
    return declaredSteps(object).flatMap((step) => {
      const { name, type } = step;
      if (typeof name !== "string" || known.has(name)) return [];
      const waits = { phase: "", reason: "", message: "not reached", moments: [], writes: [] };
      return [{ name, type: typeof type === "string" ? type : "", ...waits }];
    });
  }

  #resources(tracked: readonly TrackedResource[]): PreviewedSubject["resources"] {
    const { namespace, name, kind } = this.subject;
    if (kind !== "Application") return [];
    const writes = this.writes();
    return tracked
      .filter(({ application, raw }) => application === `${namespace}/${name}` && raw !== undefined)
      .map(({ cluster, component, trait, raw }) => ({
        cluster: cluster === "" ? "local" : cluster,
        component,
        trait,
        step: writes.find((write) => isSame(write, raw!))?.step ?? "",
        manifest: covered(raw!),
      }));
  }
}

function plainWrite({ action, apiVersion, kind, namespace, name, cluster }: LoggedWrite): StepWrite {
  return { action, apiVersion, kind, namespace, name, cluster };
}

function isSame(write: LoggedWrite, { apiVersion, kind, metadata }: KubeObject): boolean {
  return (
    write.kind === kind &&
    write.apiVersion === apiVersion &&
    write.name === metadata.name &&
    (write.namespace === (metadata.namespace ?? "") || write.namespace === "" || metadata.namespace === undefined)
  );
}

function phaseOf(status: JsonObject): string {
  return typeof status.status === "string" ? status.status : typeof status.phase === "string" ? status.phase : "";
}
