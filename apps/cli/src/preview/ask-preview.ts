/** Asks for a preview: of the server that is meant, on a fork of its store; where there is none, on an empty store here. */
import { type JsonObject, type JsonValue, codeOf, errorMessage, isJsonObject, systemClock } from "@lateen/base";
import { createNodeTransport } from "@lateen/client/node";
import type { Preview, PreviewOptions } from "@lateen/server/preview";
import type { Command } from "commander";
import { type ConnectOptions, findKubeconfig } from "../connect.ts";
import { parseDuration } from "../duration.ts";
import type { VerbContext } from "../verb.ts";

export interface PreviewFlags extends ConnectOptions {
  readonly namespace: string;
  readonly resume?: true | string[];
  readonly answer: readonly string[];
  readonly within?: string;
  readonly offline?: boolean;
  readonly forceConflicts?: boolean;
}

/** Options of every verb that previews. */
export function previewOptions(command: Command): Command {
  return command
    .option("--resume [steps...]", "resume suspended steps (all, or these), and go on")
    .option(
      "--answer <step=json>",
      'what a step that reaches the outside is answered: NAME={"statusCode": 200, "body": …}, or NAME=fail:REASON; may be given several times',
      (answer: string, answers: string[]) => [...answers, answer],
      [] as string[],
    )
    .option("--within <duration>", "virtual time after which the preview ends whatever still waits", "24h")
    .option("--offline", "preview on an empty store, whatever server there is")
    .option("--force-conflicts", "take fields from other managers");
}

/** Where a preview took place, in words. */
export interface Previewed {
  readonly preview: Preview;
  readonly ground: string;
}

/** @throws Error that says what is wrong with a flag, or what the server says. */
export async function askPreview(
  objects: PreviewOptions["objects"],
  flags: PreviewFlags,
  context: VerbContext,
): Promise<Previewed> {
  const options: PreviewOptions = {
    objects,
    namespace: flags.namespace,
    ...(flags.resume === undefined ? {} : { resume: flags.resume === true ? "all" : flags.resume }),
    answers: parseAnswers(flags.answer),
    ...(flags.within === undefined ? {} : { horizonMs: parseDuration(flags.within) }),
    ...(flags.forceConflicts === true ? { force: true } : {}),
  };
  const kubeconfig = flags.offline === true ? undefined : kubeconfigOf(flags, context);
  if (kubeconfig !== undefined) {
    const answered = await askServer(kubeconfig, options, context);
    if (answered !== undefined) return answered;
    context.terminal.error("no server answers: this is a preview on an empty store");
  }
  const { previewDelivery } = await import("@lateen/server/preview");
  return {
    preview: await previewDelivery(options, { clock: systemClock }, { signal: context.signal }),
    ground: "an empty store",
  };
}

/** Undefined where no server is meant. @throws where one is named that is not there. */
function kubeconfigOf(flags: PreviewFlags, context: VerbContext): string | undefined {
  if (flags.kubeconfig !== undefined || flags.dataDir !== undefined) return findKubeconfig(flags, context);
  try {
    return findKubeconfig(flags, context);
  } catch {
    return undefined;
  }
}

const unreachable = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ETIMEDOUT", "ECONNRESET"]);
const decoder = new TextDecoder();

/** Undefined where nobody answers. @throws Error with what the server says. */
async function askServer(
  kubeconfig: string,
  options: PreviewOptions,
  { signal }: VerbContext,
): Promise<Previewed | undefined> {
  await using transport = createNodeTransport(kubeconfig);
  const body = new TextEncoder().encode(JSON.stringify(options));
  const headers = { "content-type": "application/json", accept: "application/json" };
  let answer: Awaited<ReturnType<typeof transport>>;
  try {
    answer = await transport({ method: "POST", path: "/lateen.dev/v1/previews", headers, body, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isUnreachable(error)) return undefined;
    throw error;
  }
  const parts: Uint8Array[] = [];
  if (answer.body instanceof Uint8Array) parts.push(answer.body);
  else for await (const part of answer.body) parts.push(part);
  const text = decoder.decode(Buffer.concat(parts));
  if (answer.status === 404) {
    throw new Error(
      "this server makes no previews (it is a Kubernetes cluster, or an older lateen): use --offline, or lateen try --kubeconfig FILE for all that is in it",
    );
  }
  const json = JSON.parse(text) as JsonValue;
  if (answer.status >= 300)
    throw new Error(isJsonObject(json) && typeof json.message === "string" ? json.message : text);
  return { preview: json as unknown as Preview, ground: `a fork of the server, at revision ${revisionOf(json)}` };
}

const revisionOf = (json: JsonValue): string =>
  isJsonObject(json) && typeof json.revision === "number" ? String(json.revision) : "?";

function isUnreachable(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 6; one = one.cause, depth++)
    if (unreachable.has(codeOf(one) ?? "") || unreachable.has(String((one as { code?: unknown }).code))) return true;
  return /ECONNREFUSED|cannot reach|not reachable/i.test(errorMessage(error));
}

function parseAnswers(texts: readonly string[]): Record<string, JsonObject | string> {
  const answers: Record<string, JsonObject | string> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    const [step, value] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1) throw new Error(`--answer ${text}: write STEP=JSON or STEP=fail:REASON`);
    if (value.startsWith("fail:")) answers[step] = value.slice("fail:".length);
    else {
      const json = parsed(value);
      if (!isJsonObject(json)) throw new Error(`--answer ${step}: ${value} is no JSON object`);
      answers[step] = json;
    }
  }
  return answers;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
