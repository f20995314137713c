/** Answers the recorded workflow cases: `npm run conformance:workflow`. */
import { type JsonObject, type JsonValue, errorMessage, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import {
  type RunMemory,
  evaluatedOf,
  parseGoDuration,
  parseKeyPath,
  restartFromStep,
  setByPath,
  statusFromJson,
  stepContext,
  stepOf,
  unifyVariable,
} from "@lateen/workflow";
import { builtinSteps } from "./builtin-steps.ts";
import { admitRun } from "../src/admit-run.ts";
import { type RunState, reconcileRun } from "../src/reconcile-run.ts";
import { createStepProviders } from "../src/run-controllers.ts";
import {
  restartWorkflowRun,
  resumeWorkflowRun,
  rollbackWorkflowRun,
  suspendWorkflowRun,
  terminateWorkflowRun,
} from "../src/run-operations.ts";
import { type ApiFailure, createMemoryClient } from "./memory-client.ts";

interface WorkflowCase {
  readonly id: string;
  readonly kind?: string;
  readonly [field: string]: unknown;
}

export function answer(item: WorkflowCase): Promise<JsonObject> | JsonObject {
  if (item.kind === "admission") return answerAdmission(item);
  if (item.kind === "helper") return answerHelper(item);
  return new Case(item).states();
}

function answerAdmission(item: WorkflowCase): JsonObject {
  const run = item.object as KubeObject;
  const name = (run.spec as JsonObject | undefined)?.workflowRef;
  const workflow = ((item.objects ?? []) as readonly KubeObject[]).find(
    ({ kind, metadata }) =>
      kind === "Workflow" &&
      metadata.name === name &&
      (metadata.namespace ?? "default") === (run.metadata.namespace ?? "default"),
  );
  const { allowed, code, message, namePatches } = admitRun(item.operation as string, run, workflow);
  return {
    allowed,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    namePatches: namePatches.map((one) => ({ ...one })),
  };
}

const data = (text: string): JsonValue => stepContext().compile(`value: ${text}`).lookupPath("value").toJSON();
const fileData = (text: string): JsonObject => stepContext().compile(text).toJSON() as JsonObject;

function answerHelper(item: WorkflowCase): JsonObject {
  const args = item.args as Record<string, JsonValue>;
  try {
    switch (item.fn) {
      case "setByPath": {
        const parts = parseKeyPath(args.path as string);
        const base = fileData(args.base as string);
        return { value: parts === undefined ? base : setByPath(base, parts, data(args.value as string)) };
      }
      case "lookup": {
        const found = evaluatedOf(stepContext().compile(args.base as string)).lookup(args.script as string);
        if (found === undefined) throw new Error("failed to lookup value");
        return { value: found };
      }
      case "fill":
        return {
          value: unifyVariable(
            fileData(args.base as string),
            (args.path as readonly string[]).join("."),
            data(args.value as string),
          ),
        };
      default:
        return cleanFromStep(args);
    }
  } catch (error) {
    return { fails: true, message: errorMessage(error) };
  }
}

function cleanFromStep(args: Record<string, JsonValue>): JsonObject {
  const mode = isJsonObject(args.mode) ? args.mode : {};
  const plan = {
    steps: (args.steps as readonly JsonObject[]).map(stepOf),
    mode: { steps: (mode.steps as string | undefined) ?? "", subSteps: (mode.subSteps as string | undefined) ?? "" },
  };
  const status = statusFromJson(
    { steps: args.status!, mode: { steps: plan.mode.steps, subSteps: plan.mode.subSteps } },
    plan.mode,
  );
  const restarted = restartFromStep(
    plan,
    status,
    { vars: fileData(args.vars as string), values: {} },
    args.step as string,
  );
  return { steps: restarted.status.steps.map(stepJson), vars: restarted.context.vars };
}

const stepJson = (step: {
  readonly name: string;
  readonly type: string;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly subSteps: readonly never[] | readonly object[];
}): JsonObject => ({
  name: step.name,
  ...(step.type === "" ? {} : { type: step.type }),
  phase: step.phase,
  ...(step.reason === "" ? {} : { reason: step.reason }),
  ...(step.message === "" ? {} : { message: step.message }),
  ...(step.subSteps.length === 0 ? {} : { subSteps: (step.subSteps as never[]).map(stepJson) }),
});

interface Route {
  readonly path: string;
  readonly method?: string;
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly delayMs?: number;
}

const startMs = Date.UTC(2026, 0, 5, 10, 0, 0);
const maxRounds = 30;

class Case {
  readonly #item: WorkflowCase;
  readonly #client = createMemoryClient();
  readonly #memories = new Map<string, RunMemory>();
  readonly #state: RunState;
  readonly #request: { readonly namespace: string; readonly name: string };
  readonly #signal = new AbortController().signal;
  readonly #ids = new Map<string, string>();
  #routes: readonly Route[];
  #requests: JsonObject[] = [];
  #now = startMs;
  #due: number | undefined;
  #error: string | undefined;
  #lastRequeue = -1;
  #count = 0;

  constructor(item: WorkflowCase) {
    this.#item = item;
    this.#routes = (item.http as readonly Route[] | undefined) ?? [];
    const run = (item.run ?? {}) as JsonObject;
    this.#request = {
      namespace: (run.namespace as string | undefined) ?? "default",
      name: (run.name as string | undefined) ?? "demo",
    };
    for (const object of (item.objects as readonly KubeObject[] | undefined) ?? []) this.#client.put(object);
    for (const definition of [
      ...builtinSteps(),
      ...((item.definitions as readonly { name: string; namespace?: string; cue: string }[] | undefined) ?? []).map(
        stepDefinition,
      ),
    ])
      this.#client.put(definition);
    const clock = {
      now: () => this.#now,
      sleep: () => Promise.resolve(),
      timer: (ms: number, action: () => void) => {
        const handle = setTimeout(action, ms);
        return () => clearTimeout(handle);
      },
    };
    const environment = { client: this.#client, clock, log: () => undefined, cache: undefined as never };
    const features = (item.features ?? {}) as Record<string, boolean>;
    const labels = {
      "workflowrun.oam.dev/name": this.#request.name,
      "workflowrun.oam.dev/namespace": this.#request.namespace,
    };
    const providers = createStepProviders(environment, { fetch: (url, init) => this.#fetch(url, init) })(labels);
    this.#state = {
      client: this.#client,
      clock,
      newId: () => `stepid${String(++this.#count).padStart(4, "0")}`,
      memories: this.#memories,
      providers: () => providers,
      suspendOnFailure: features.suspendOnFailure === true,
    };
  }

  async states(): Promise<JsonObject> {
    const states: JsonObject[] = [];
    for (const event of this.#item.events as readonly JsonObject[]) {
      this.#requests = [];
      const more = await this.#event(event);
      states.push(this.#shown({ ...this.#snapshot(), ...more }));
    }
    return { states };
  }

  async #event(event: JsonObject): Promise<JsonObject> {
    const target = {
      ...this.#request,
      signal: this.#signal,
      ...(typeof event.step === "string" ? { step: event.step } : {}),
    };
    let opError: string | undefined;
    const operation = async (run: Promise<void>): Promise<void> => {
      try {
        await run;
      } catch (error) {
        opError = errorMessage(error);
      }
    };
    switch (event.do) {
      case "create": {
        const run = (this.#item.run ?? {}) as JsonObject;
        const metadata = {
          ...this.#request,
          ...(isJsonObject(run.labels) ? { labels: run.labels } : {}),
          ...(isJsonObject(run.annotations) ? { annotations: run.annotations } : {}),
        };
        this.#client.put({
          apiVersion: "core.oam.dev/v1alpha1",
          kind: "WorkflowRun",
          metadata,
          spec: run.spec,
        } as unknown as KubeObject);
        break;
      }
      case "advance":
        await this.#advance(parseGoDuration(event.by as string)!);
        break;
      case "put":
        this.#client.put(event.object as unknown as KubeObject);
        break;
      case "delete":
        this.#client.drop((event.object ?? event) as unknown as KubeObject);
        break;
      case "resume":
        await operation(resumeWorkflowRun(this.#client, target));
        break;
      case "suspend":
        await operation(suspendWorkflowRun(this.#client, target));
        break;
      case "terminate":
        await operation(terminateWorkflowRun(this.#client, target));
        break;
      case "restart":
        await operation(restartWorkflowRun(this.#client, target));
        break;
      case "rollback":
        await operation(rollbackWorkflowRun());
        break;
      case "http":
        this.#routes = (event.routes ?? event.http) as unknown as readonly Route[];
        break;
      case "failApi":
        this.#client.failure = event.fail as unknown as ApiFailure;
        break;
      case "healApi":
        this.#client.failure = undefined;
        break;
      case "follow":
        return { requeues: await this.#follow(event.count as number) };
      default:
        throw new Error(`unknown event ${JSON.stringify(event)}`);
    }
    if (event.settle !== false) await this.#settle();
    return opError === undefined ? {} : { opError };
  }

  async #reconcile(): Promise<void> {
    try {
      const { error, requeueAfterMs } = await reconcileRun(this.#state, this.#request, { signal: this.#signal });
      this.#error = error;
      this.#due =
        error !== undefined
          ? this.#now + 1000
          : requeueAfterMs === undefined
            ? undefined
            : this.#now + requeueAfterMs + 1;
      this.#lastRequeue =
        error !== undefined ? -2 : requeueAfterMs === undefined ? -1 : Math.round(requeueAfterMs / 1000);
    } catch (error) {
      this.#error = errorMessage(error);
      this.#due = this.#now + 1000;
      this.#lastRequeue = -2;
    }
  }

  async #settle(): Promise<void> {
    let before = "";
    for (let round = 0; round < maxRounds; round++) {
      await this.#reconcile();
      const after = withoutTexts(this.#snapshot());
      if (after === before) return;
      before = after;
    }
  }

  async #advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    for (let n = 0; this.#due !== undefined && this.#due <= target && n < 20_000; n++) {
      this.#now = this.#due;
      await this.#reconcile();
    }
    this.#now = target;
  }

  async #follow(count: number): Promise<readonly number[]> {
    const requeues: number[] = [];
    for (let n = 0; n < count; n++) {
      if (n > 0) {
        if (this.#due === undefined) break;
        this.#now = this.#due;
      }
      await this.#reconcile();
      requeues.push(this.#lastRequeue);
    }
    return requeues;
  }

  #snapshot(): JsonObject {
    const key = [...this.#client.objects.values()].find(
      ({ kind, metadata }) => kind === "WorkflowRun" && metadata.name === this.#request.name,
    );
    if (key === undefined) return { absent: true };
    const status = isJsonObject(key.status) ? key.status : {};
    this.#learnIds(status.steps);
    const context = this.#context(status);
    return {
      phase: status.status ?? "",
      message: status.message ?? "",
      suspend: status.suspend === true,
      terminated: status.terminated === true,
      finished: status.finished === true,
      ...(status.mode === undefined ? {} : { mode: status.mode }),
      steps: statusFromJson(status, { steps: "", subSteps: "" }).steps.map((step) => stepJson(step as never)),
      ...(status.conditions === undefined ? {} : { conditions: status.conditions }),
      ...context,
      objects: this.#shownObjects(),
      ...(this.#requests.length === 0 ? {} : { requests: distinct(this.#requests) }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  #context(status: JsonObject): JsonObject {
    const backend = isJsonObject(status.contextBackend)
      ? status.contextBackend.name
      : `workflow-${this.#request.name}-context`;
    const object = [...this.#client.objects.values()].find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === backend,
    );
    const values = (object?.data ?? {}) as Record<string, string>;
    const vars = values.vars === undefined ? {} : (JSON.parse(values.vars) as JsonObject);
    return {
      ...(Object.keys(vars).length === 0 ? {} : { vars }),
      ...(values.logConfig === undefined ? {} : { logConfig: JSON.parse(values.logConfig) as JsonObject }),
    };
  }

  #learnIds(steps: JsonValue | undefined): void {
    for (const step of Array.isArray(steps) ? (steps as readonly JsonObject[]) : []) {
      if (typeof step.id === "string") this.#ids.set(step.id, step.name as string);
      this.#learnIds(step.subSteps);
    }
  }

  #shownObjects(): readonly JsonObject[] {
    const hidden = new Set(["WorkflowRun", "Workflow", "WorkflowStepDefinition"]);
    return [...this.#client.objects.values()]
      .filter(
        ({ kind, metadata }) =>
          !hidden.has(kind) && metadata.name?.startsWith(`workflow-${this.#request.name}-context`) !== true,
      )
      .map((object) => {
        const {
          resourceVersion: _version,
          uid: _uid,
          generation: _generation,
          creationTimestamp: _time,
          ownerReferences,
          ...metadata
        } = object.metadata;
        const owners = ownerReferences?.map(({ uid: _owner, ...rest }) => rest);
        return {
          ...object,
          metadata: { ...metadata, ...(owners === undefined ? {} : { ownerReferences: owners }) },
        } as unknown as JsonObject;
      });
  }

  #shown(state: JsonObject): JsonObject {
    let text = JSON.stringify(state);
    for (const [id, name] of this.#ids) text = text.replaceAll(id, `<id:${name}>`);
    return JSON.parse(text) as JsonObject;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const path = url.replace(/^\{\{http\}\}|^http:\/\/\{\{httpHost\}\}/, "");
    if (path === url) throw new TypeError(`fetch failed: no way to ${url}`);
    const method = init.method ?? "GET";
    const body =
      init.body === undefined || init.body === null
        ? ""
        : init.body instanceof URLSearchParams
          ? init.body.toString()
          : (init.body as string);
    const headers: Record<string, string> = {};
    new Headers(init.headers).forEach((value, name) => {
      headers[name] = value;
    });
    // The recorder kept no bodies of forms.
    const kept = body !== "" && headers["content-type"] !== "application/x-www-form-urlencoded";
    this.#requests.push({ method, path, ...(kept ? { body } : {}), headers });
    const route =
      this.#routes.find(
        (one) => one.path === path.split("?")[0] && (one.method === undefined || one.method === method),
      ) ?? this.#routes.find((one) => one.path === path);
    if (route === undefined) return new Response("no such route", { status: 404 });
    if (route.delayMs !== undefined) await delay(route.delayMs, init.signal ?? undefined);
    const location = route.headers?.Location;
    if (location !== undefined && (route.status ?? 200) >= 300) return this.#fetch(url.replace(path, location), {});
    return new Response(route.status === 204 ? null : (route.body ?? ""), {
      status: route.status ?? 200,
      ...(route.headers === undefined ? {} : { headers: route.headers }),
    });
  }
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const handle = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(handle);
      reject(signal.reason as Error);
    });
  });
}

const distinct = (requests: readonly JsonObject[]): readonly JsonObject[] => [
  ...new Map(requests.map((one) => [JSON.stringify(one), one])).values(),
];

function withoutTexts(state: JsonObject): string {
  return JSON.stringify(state, (key, value: unknown) =>
    key === "message" || key === "error" || key === "requests" ? undefined : value,
  );
}

function stepDefinition({ name, namespace, cue }: { name: string; namespace?: string; cue: string }): KubeObject {
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "WorkflowStepDefinition",
    metadata: { name, namespace: namespace ?? "vela-system" },
    spec: { schematic: { cue: { template: cue } } },
  };
}
