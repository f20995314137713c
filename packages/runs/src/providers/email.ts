/** `vela/email`: a mail is handed over once, and its delivery is asked for at the next visits (kubevela-workflow.md 4.4). */
import { type JsonObject, errorMessage, isJsonObject } from "@lateen/base";
import { type ProviderFunction, type ProviderTable, StepStop } from "@lateen/workflow";
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
}

/** Hands a mail to its server. */
export type MailSender = (mail: Mail) => Promise<void>;

type State =
  | { readonly kind: "sending" }
  | { readonly kind: "sent" }
  | { readonly kind: "failed"; readonly reason: string };

/** @param send absent where this control plane has no way to send mail: then the step says so. */
export function emailProviders(send: MailSender | undefined): ProviderTable {
  const states = new Map<string, State>();
  const run: ProviderFunction = async (params, { visit, outcome }) => {
    const state = states.get(visit.id);
    if (state?.kind === "sent") return undefined;
    if (state?.kind === "failed") {
      states.delete(visit.id);
      throw new Error(`failed to send email: ${state.reason}`);
    }
    if (state === undefined) {
      if (send === undefined) throw new Error("this control plane has no way to send e-mail");
      states.set(visit.id, { kind: "sending" });
      send(mailOf(params)).then(
        () => states.set(visit.id, { kind: "sent" }),
        (error: unknown) => states.set(visit.id, { kind: "failed", reason: errorMessage(error) }),
      );
    }
    outcome.waiting = true;
    if (outcome.phase !== "failed" && outcome.phase !== "suspending")
      Object.assign(outcome, { phase: "running", reason: "Wait", message: "wait for the email" });
    throw new StepStop();
  };
  return { email: { send: run }, op: { send: run } };
}

function mailOf(params: JsonObject): Mail {
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
  };
}
