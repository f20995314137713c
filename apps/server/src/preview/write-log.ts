/** Which step does what: every call of the preview's controllers passes here. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ApiRequest, ApiResponse, Transport } from "@lateen/objects";
import { isJsonObject } from "@lateen/base";
import type { StepWrite } from "./report.ts";

/** The step on whose behalf something is done. */
export interface ActingStep {
  /** `KIND/NAMESPACE/NAME` of the run. */
  readonly run: string;
  readonly step: string;
}

export interface LoggedWrite extends StepWrite, ActingStep {}

const decoder = new TextDecoder();
const writing = new Set(["POST", "PUT", "PATCH", "DELETE"]);

export class WriteLog {
  readonly #acting = new AsyncLocalStorage<ActingStep>();
  readonly #writes: LoggedWrite[] = [];
  #pending = 0;

  /** No call is being answered. */
  get idle(): boolean {
    return this.#pending === 0;
  }

  get acting(): ActingStep | undefined {
    return this.#acting.getStore();
  }

  as<T>(step: ActingStep, work: () => Promise<T>): Promise<T> {
    return this.#acting.run(step, work);
  }

  writesOf(run: string): readonly LoggedWrite[] {
    return this.#writes.filter((write) => write.run === run);
  }

  /** The same transport, which notes what steps write. */
  noting(transport: Transport): Transport {
    return async (request) => {
      const isWatch = /[?&]watch=(?:true|1)/.test(request.path);
      if (!isWatch) this.#pending++;
      try {
        const response = await transport(request);
        const acting = this.acting;
        if (acting !== undefined && writing.has(request.method)) this.#note(acting, request, response);
        return response;
      } finally {
        if (!isWatch) this.#pending--;
      }
    };
  }

  #note(acting: ActingStep, request: ApiRequest, response: ApiResponse): void {
    if (response.status >= 300 || !(response.body instanceof Uint8Array)) return;
    if (/[?&]dryRun=/.test(request.path) || /\/(?:status|token)(?:\?|$)/.test(request.path)) return;
    const object = parsed(response.body);
    if (object === undefined) return;
    const { apiVersion, kind, namespace, name } = object;
    if (kind === "ResourceTracker" || kind.endsWith("Review")) return;
    const action = request.method === "DELETE" ? "deleted" : response.status === 201 ? "created" : "changed";
    const known = this.#writes.findIndex(
      (write) =>
        write.run === acting.run &&
        write.step === acting.step &&
        write.apiVersion === apiVersion &&
        write.kind === kind &&
        write.namespace === namespace &&
        write.name === name,
    );
    if (known < 0) this.#writes.push({ ...acting, action, apiVersion, kind, namespace, name, cluster: "local" });
    else if (action === "deleted") this.#writes[known] = { ...this.#writes[known]!, action };
  }
}

function parsed(
  body: Uint8Array,
):
  | { readonly apiVersion: string; readonly kind: string; readonly namespace: string; readonly name: string }
  | undefined {
  try {
    const object: unknown = JSON.parse(decoder.decode(body));
    if (!isJsonObject(object) || !isJsonObject(object.metadata) || typeof object.kind !== "string") return undefined;
    const { namespace = "", name } = object.metadata;
    if (typeof name !== "string" || typeof namespace !== "string") return undefined;
    return {
      apiVersion: typeof object.apiVersion === "string" ? object.apiVersion : "",
      kind: object.kind,
      namespace,
      name,
    };
  } catch {
    return undefined;
  }
}
