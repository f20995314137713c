/**
 * `vela/email`: a mail is handed over once, and its delivery is asked for at the next visits (kubevela-workflow.md 4.4). A
 * process that dies before it has recorded the delivery sends again, with the same `Message-ID`.
 */
import { type JsonObject, errorMessage, isJsonObject } from "@lateen/base";
import {
  type ProviderContext,
  type ProviderFunction,
  type ProviderTable,
  StepStop,
  recordIntent,
} from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export interface Mail {
  readonly from: {
    readonly address: string;
    readonly alias: string;
    readonly password: string;
    readonly host: string;
    readonly port: number;
  };
  readonly to: readonly string[];
  readonly subject: string;
  readonly body: string;
  /** `<…@lateen>`: the same whenever this mail is sent again. */
  readonly messageId: string;
}

/** Hands a mail to its server. */
export type MailSender = (mail: Mail) => Promise<void>;

type Attempt =
  | { readonly kind: "sending" }
  | { readonly kind: "sent" }
  | { readonly kind: "failed"; readonly reason: string };

/** @param send absent where this control plane has no way to send mail: then the step says so. */
export function emailProviders(send: MailSender | undefined): ProviderTable {
  const attempts = new Map<string, Attempt>();
  const run: ProviderFunction = async (params, context) => {
    const { visit } = context;
    const name = `${visit.id}.${context.path.replaceAll(/[^-._a-zA-Z0-9]/g, "_")}.mail`;
    const { values } = visit.variables;
    if (values[name] === "sent") return undefined;
    const key = `${visit.id}/${context.path}`;
    const attempt = attempts.get(key);
    if (attempt?.kind === "sent") {
      attempts.delete(key);
      values[name] = "sent";
      await visit.checkpoint();
      return undefined;
    }
    if (attempt?.kind === "failed") {
      attempts.delete(key);
      throw new Error(`failed to send email: ${attempt.reason}`);
    }
    if (attempt === undefined) {
      if (send === undefined) throw new Error("this control plane has no way to send e-mail");
      const messageId = `<${await recordIntent(visit, context.path)}@lateen>`;
      attempts.set(key, { kind: "sending" });
      send(mailOf(params, messageId)).then(
        () => attempts.set(key, { kind: "sent" }),
        (error: unknown) => attempts.set(key, { kind: "failed", reason: errorMessage(error) }),
      );
    }
    return waitFor(context);
  };
  return { email: { send: run }, op: { send: run } };
}

function waitFor({ outcome }: ProviderContext): never {
  outcome.waiting = true;
  if (outcome.phase !== "failed" && outcome.phase !== "suspending")
    Object.assign(outcome, { phase: "running", reason: "Wait", message: "wait for the email" });
  throw new StepStop();
}

function mailOf(params: JsonObject, messageId: string): Mail {
  const from = isJsonObject(params.from) ? params.from : {};
  const content = isJsonObject(params.content) ? params.content : {};
  return {
    from: {
      address: textOf(from.address),
      alias: textOf(from.alias),
      password: textOf(from.password),
      host: textOf(from.host),
      port: Number(from.port),
    },
    to: Array.isArray(params.to) ? params.to.filter((one): one is string => typeof one === "string") : [],
    subject: textOf(content.subject),
    body: textOf(content.body),
    messageId,
  };
}
