/** What a preview tells: plain data, as it goes over the wire. Secrets are covered in it. */
import type { FailureStatus, JsonObject, JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

/** How a subject stands when nothing more happens by itself. */
export type PreviewEnd =
  | "healthy"
  | "suspended"
  | "failed"
  /** It needs what a preview cannot know. */
  | "stopped"
  /** It still waits when the time that the preview may take has passed. */
  | "waiting"
  | "deleted"
  /** It was not accepted, so nothing of it ran. */
  | "refused";

/** Something that reaches the outside, and so was not done. */
export interface OutsideEffect {
  /** Name of the workflow step; empty for what the API server would have asked. */
  readonly step: string;
  /** Milliseconds after the begin of the preview. */
  readonly atMs: number;
  /** `POST https://…`, `mail to …`, `container IMAGE`. */
  readonly what: string;
  readonly request: JsonValue;
  /** How the preview went on. */
  readonly assumed: string;
}

export interface StepMoment {
  readonly atMs: number;
  readonly phase: string;
  readonly reason: string;
  /** What it waits for, or why it failed. */
  readonly message: string;
}

/** An object that a step has written or deleted. */
export interface StepWrite {
  readonly action: "created" | "changed" | "unchanged" | "deleted";
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly cluster: string;
}

export interface PreviewedStep {
  readonly name: string;
  readonly type: string;
  /** Name of the group that it belongs to. */
  readonly group?: string;
  /** Absent for a step that did not start. */
  readonly startMs?: number;
  readonly endMs?: number;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  /** Each change of what is known of it, in order. */
  readonly moments: readonly StepMoment[];
  readonly writes: readonly StepWrite[];
}

/** An object that an Application makes. */
export interface PreviewedResource {
  readonly cluster: string;
  readonly component: string;
  readonly trait: string;
  /** The step that delivered it; empty when it is as it was, or policies made it. */
  readonly step: string;
  /** As it is rendered, before the server fills in defaults. */
  readonly manifest: KubeObject;
}

export interface PreviewedSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly end: PreviewEnd;
  /** The phase that its status gives. */
  readonly phase: string;
  /** Why it ends so, and what to do. */
  readonly message: string;
  readonly endMs: number;
  readonly status: JsonObject;
  readonly steps: readonly PreviewedStep[];
  readonly resources: readonly PreviewedResource[];
  readonly outside: readonly OutsideEffect[];
}

/** An object that is other than before. Bookkeeping of the control plane (revisions, trackers, events, pods) is not told. */
export interface PreviewChange {
  readonly action: "created" | "changed" | "deleted";
  readonly before?: KubeObject;
  readonly after?: KubeObject;
}

/** An object that the server would not have taken. */
export interface PreviewRefusal {
  /** Which of the objects that were to be applied. */
  readonly index: number;
  readonly status: FailureStatus;
}

export interface Preview {
  /** Revision of the store that it began at; 0 on an empty one. */
  readonly revision: number;
  /** RFC 3339: the virtual time at the begin. */
  readonly begun: string;
  readonly refusals: readonly PreviewRefusal[];
  readonly warnings: readonly string[];
  readonly subjects: readonly PreviewedSubject[];
  readonly changes: readonly PreviewChange[];
}

export interface PreviewOptions {
  /** What is applied, in this order; Applications and WorkflowRuns among them are the subjects. */
  readonly objects: readonly KubeObject[];
  /** Where objects go that name none. Default `default`. */
  readonly namespace?: string;
  /** Suspended steps are resumed: all, or these. */
  readonly resume?: "all" | readonly string[];
  /**
   * What operations that reach the outside answer, by the name of their step: an object is what the operation returns
   * (`{"statusCode": 200, "body": …}`), a text is the reason why it fails.
   */
  readonly answers?: Readonly<Record<string, JsonObject | string>>;
  /** Takes fields from other managers, as `--force-conflicts` does. */
  readonly force?: boolean;
  /** Virtual time after which the preview ends whatever waits. Default a day. */
  readonly horizonMs?: number;
}
