import type { JsonValue } from "@lateen/base";
import type { AuditLevel, AuditStage } from "./audit-policy.ts";

interface AuditUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** One line of the audit log (audit.k8s.io/v1 Event): who did what to which object, and what came of it. */
export interface AuditEvent {
  readonly kind: "Event";
  readonly apiVersion: "audit.k8s.io/v1";
  readonly level: Exclude<AuditLevel, "None">;
  readonly auditID: string;
  readonly stage: AuditStage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  readonly objectRef?: Readonly<Record<string, string>>;
  /** Absent when the request has only been received. */
  readonly responseStatus?: {
    readonly metadata: Readonly<Record<string, never>>;
    readonly code: number;
    readonly status?: string;
    readonly reason?: string;
    readonly message?: string;
  };
  /** From level Request on, for what changes something. */
  readonly requestObject?: JsonValue;
  /** At level RequestResponse. */
  readonly responseObject?: JsonValue;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Takes audit events; must not throw, and is not waited for. */
export type AuditSink = (event: AuditEvent) => void;
