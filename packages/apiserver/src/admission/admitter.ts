import type { FailureStatus } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { UserInfo } from "../request/context.ts";

/** What an admitter is asked about: AdmissionReview without the wire. */
export interface AdmissionQuestion {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly apiVersion: string;
  readonly kind: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
  /** The object as it is to be stored; absent for DELETE. */
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly userInfo: UserInfo;
  readonly dryRun: boolean;
}

export type AdmissionVerdict =
  | {
      readonly kind: "allowed";
      readonly object?: KubeObject | undefined;
      readonly warnings?: readonly string[] | undefined;
    }
  /** The status reaches the client as it is. */
  | { readonly kind: "denied"; readonly status: FailureStatus };

/** Changes or refuses writes in process: what a webhook would be, by the same function. */
export type Admitter = (question: AdmissionQuestion) => Promise<AdmissionVerdict>;
