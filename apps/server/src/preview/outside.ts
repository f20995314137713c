/**
 * The outside as a preview has it: nothing is sent. What would have been sent is noted, with secrets covered, and answered
 * as declared; what is not declared has succeeded with an answer that nobody knows, so that what reads it has no value.
 */
import { type JsonObject, type JsonValue, isJsonObject, maskSecrets } from "@lateen/base";
import type { MailSender, StepFetch } from "@lateen/runs";
import { type AroundOperation, type ProviderContext, StepStop, variableAt } from "@lateen/workflow";
import type { OutsideEffect } from "./report.ts";
import type { WriteLog } from "./write-log.ts";

export type Answers = Readonly<Record<string, JsonObject | string>>;

interface Noted extends OutsideEffect {
  readonly run: string;
}

const unknownAnswer = "succeeds; its answer is unknown";

export interface OutsideOptions {
  readonly answers: Answers;
  readonly log: WriteLog;
  /** Milliseconds after the begin. */
  readonly elapsed: () => number;
}

export class Outside {
  readonly #options: OutsideOptions;
  readonly #noted = new Map<string, Noted>();
  /** Steps whose answer is not known, by `RUN OUTPUT`. */
  readonly #unknown = new Map<string, string>();
  /** What the steps of each run have read from Secrets. */
  readonly #secrets = new Map<string, ProviderContext["secrets"]>();

  constructor(options: OutsideOptions) {
    this.#options = options;
  }

  effectsOf(run: string): readonly OutsideEffect[] {
    return [...this.#noted.values()]
      .filter((one) => one.run === run)
      .map(({ step, atMs, what, request, assumed }) => ({ step, atMs, what, request, assumed }));
  }

  /** The step that was to get this variable from outside. */
  sourceOfUnknown(run: string, variable: string): string | undefined {
    return this.#unknown.get(`${run} ${variable}`) ?? this.#unknown.get(`${run} ${variable.split(".")[0]}`);
  }

  /** Sends nothing: the operation that wanted to gets its answer from `around`. */
  readonly fetch: StepFetch = async (url, init) => {
    this.#note({
      what: `${init.method ?? "GET"} ${shownUrl(url)}`,
      request: {
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(typeof init.body === "string" && init.body !== "" ? { body: jsonOr(init.body) } : {}),
        ...(init.tls === undefined ? {} : { tls: Object.keys(init.tls) }),
      },
    });
    return new Response("null", { status: 200 });
  };

  readonly sendMail: MailSender = async ({ from, to, subject, body }) => {
    this.#note({
      what: `mail to ${to.join(", ")}`,
      request: { from: from.address, server: `${from.host}:${from.port}`, to: [...to], subject, body },
    });
    const declared = this.#declared();
    if (typeof declared === "string") throw new Error(declared);
  };

  /** What the API server would have asked of webhooks is allowed. */
  askedWebhook(url: string, request: JsonValue): void {
    const key = `webhook ${url}`;
    if (this.#noted.has(key)) return;
    this.#noted.set(key, {
      run: "",
      step: "",
      atMs: this.#options.elapsed(),
      what: `ask the webhook ${shownUrl(url)}`,
      request: maskSecrets(request),
      assumed: "it allows, and changes nothing",
    });
  }

  webhooks(): readonly OutsideEffect[] {
    return this.effectsOf("");
  }

  /** Answers operations in place of the outside; all others are done. */
  readonly around: AroundOperation = (call, perform) => {
    const { provider, operation, params, context } = call;
    const step = context.visit.step.name;
    const run = runOf(context.fields);
    this.#secrets.set(run, context.secrets);
    this.#stopAtUnknown(run, context);
    return this.#options.log.as({ run, step }, async () => {
      if (operation === "do" && (provider === "http" || provider === "op")) {
        await perform();
        return this.#answer(context, (declared) => httpAnswer(declared));
      }
      if (operation === "promCheck") {
        const { query, condition, metricEndpoint } = params;
        this.#note({
          what: `ask metrics whether ${textOf(query)} ${textOf(condition)}`,
          request: metricEndpoint === undefined ? {} : { metricEndpoint },
        });
        return this.#answer(context, (declared) => ({
          result: true,
          failed: false,
          message: unknownAnswer,
          ...declared,
        }));
      }
      if (provider === "container" && operation === "run") {
        this.#note({ what: `container ${textOf(params.image)}`, request: params });
        return this.#answer(context, (declared) => ({ ...declared }));
      }
      if (provider === "step") {
        this.#note({ what: `step ${operation}`, request: params });
        return this.#answer(context, (declared) => ({ ...declared }));
      }
      return perform();
    });
  };

  #declared(): JsonObject | string | undefined {
    const step = this.#options.log.acting?.step ?? "";
    const { answers } = this.#options;
    return Object.hasOwn(answers, step) ? answers[step] : undefined;
  }

  #answer(context: ProviderContext, answer: (declared: JsonObject | undefined) => JsonObject): JsonObject {
    const { step } = context.visit;
    const declared = this.#declared();
    if (typeof declared === "string") throw new Error(declared);
    const run = runOf(context.fields);
    if (declared === undefined) for (const { name } of step.outputs) this.#unknown.set(`${run} ${name}`, step.name);
    return answer(declared);
  }

  /** A step does not begin with what nobody knows. */
  #stopAtUnknown(run: string, { visit, outcome }: ProviderContext): void {
    for (const { from } of visit.step.inputs) {
      const source = this.sourceOfUnknown(run, from);
      if (source === undefined || (variableAt(visit.variables.vars, from) ?? null) !== null) continue;
      Object.assign(outcome, {
        waiting: true,
        phase: "running",
        reason: "Wait",
        message: `needs ${from} of step ${source}`,
      });
      throw new StepStop();
    }
  }

  #note({ what, request }: { readonly what: string; readonly request: JsonValue }): void {
    const { run, step } = this.#options.log.acting ?? { run: "", step: "" };
    const key = JSON.stringify([run, step, what, request]);
    const secrets = this.#secrets.get(run);
    // A step that is visited again sends nothing anew.
    if (this.#noted.has(key)) return;
    const declared = this.#declared();
    this.#noted.set(key, {
      run,
      step,
      atMs: this.#options.elapsed(),
      what: secrets?.cover(what) ?? what,
      request: secrets?.coverAll(maskSecrets(request)) ?? maskSecrets(request),
      assumed:
        declared === undefined ? unknownAnswer : typeof declared === "string" ? `fails: ${declared}` : "as declared",
    });
  }
}

/** `KIND/NAMESPACE/NAME` by the context of a template: Applications name their revision. */
function runOf(fields: JsonObject): string {
  const kind = fields.appName === undefined ? "WorkflowRun" : "Application";
  return `${kind}/${textOf(fields.namespace)}/${textOf(fields.appName ?? fields.name)}`;
}

/** Without a declared answer there is no body: what reads it has no value yet. */
function httpAnswer(declared: JsonObject | undefined): JsonObject {
  const { body, header, statusCode, ...rest } = declared ?? {};
  return {
    statusCode: statusCode ?? 200,
    header: isJsonObject(header) ? header : {},
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...rest,
  };
}

const textOf = (value: JsonValue | undefined): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

function shownUrl(url: string): string {
  return url.replace(/\?.*$/s, "?…").replace(/\/\/[^/@]*@/, "//***@");
}

function jsonOr(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
