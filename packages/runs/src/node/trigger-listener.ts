/**
 * Requests that start runs: `POST /triggers/NAMESPACE/NAME`. The caller knows the token of the Trigger's Secret, as
 * `Authorization: Bearer …`, `X-Gitlab-Token`, or by a signature `X-Hub-Signature-256`. A request is answered once its run
 * is stored; the same delivery (`Idempotency-Key`, `X-GitHub-Delivery`) twice starts one run.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Clock, type JsonObject, type Log, errorMessage, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { timestampOf } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import { fire } from "../trigger/fire.ts";
import { type Trigger, triggerApi, triggerOf } from "../trigger/trigger.ts";

export interface TriggerListener extends AsyncDisposable {
  readonly port: number;
}

const maxBodyBytes = 256 * 1024;
const requestTimeoutMs = 10_000;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Tools {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

const limits = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, maxHeaderSize: 16 * 1024 };

/**
 * @param tls PEM texts; without them the listener speaks plain HTTP, for tests on the loopback only.
 * @throws where the port cannot be had.
 */
export async function listenForTriggers(
  tools: Tools,
  {
    host,
    port,
    tls,
  }: { readonly host: string; readonly port: number; readonly tls?: { readonly cert: string; readonly key: string } },
): Promise<TriggerListener> {
  const listener: RequestListener = (request, response) => {
    answer(tools, request).then(
      (body) => reply(response, 202, body),
      (error: unknown) => {
        const status = error instanceof Refusal ? error.status : 500;
        if (status === 500)
          tools.log({ level: "error", message: `a trigger's request failed: ${errorMessage(error)}` });
        reply(response, status, { message: status === 500 ? "the run could not be started" : errorMessage(error) });
      },
    );
  };
  const server = tls === undefined ? createServer(limits, listener) : createTlsServer({ ...limits, ...tls }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function reply(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

async function answer(tools: Tools, request: IncomingMessage): Promise<JsonObject> {
  const match = /^\/triggers\/([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec((request.url ?? "").split("?")[0]!);
  if (match === null) throw new Refusal(404, "no such page: POST /triggers/NAMESPACE/NAME");
  if (request.method !== "POST") throw new Refusal(405, "use POST");
  const body = await readBody(request);
  const signal = AbortSignal.timeout(requestTimeoutMs);
  const trigger = await webhookTrigger(tools.client, { namespace: match[1]!, name: match[2]!, signal });
  await authenticate(tools.client, trigger, { request, body, signal });
  const fired = await fire(tools.client, trigger, {
    event: { type: "webhook", time: timestampOf(tools.clock.now()), object: dataOf(body) },
    suffix: suffixOf(request, body, tools.clock.now()),
    signal,
  });
  return fired.kind === "held"
    ? { started: false, why: fired.why }
    : { started: fired.kind === "started", run: fired.run };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBodyBytes) throw new Refusal(413, `the body is longer than ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** JSON objects as they are; anything else as text. */
function dataOf(body: Buffer): JsonObject {
  const text = body.toString("utf8");
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? json : { value: json as never };
  } catch {
    return { text };
  }
}

// Who does not know the token learns nothing of what there is.
const unauthorized = (): Refusal => new Refusal(401, "no such trigger, or another token");

async function webhookTrigger(
  client: Client,
  { namespace, name, signal }: { readonly namespace: string; readonly name: string; readonly signal: AbortSignal },
): Promise<Trigger> {
  let object: KubeObject;
  try {
    object = await client.get({ ...triggerApi, namespace, name }, { signal });
  } catch (error) {
    if (isNotFound(error)) throw unauthorized();
    throw error;
  }
  try {
    return triggerOf(object);
  } catch {
    throw unauthorized();
  }
}

interface Presented {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

async function authenticate(client: Client, trigger: Trigger, { request, body, signal }: Presented): Promise<void> {
  const { source, namespace } = trigger;
  if (source.kind !== "webhook") throw unauthorized();
  const reference = { apiVersion: "v1", kind: "Secret", namespace, name: source.secret.name };
  const secret = await client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) throw unauthorized();
    throw error;
  });
  const stored = valueAt(secret, "data", source.secret.key);
  if (typeof stored !== "string" || stored === "") throw unauthorized();
  const token = Buffer.from(stored, "base64");
  const header = (name: string): string => {
    const value = request.headers[name];
    return typeof value === "string" ? value : "";
  };
  const signature = header("x-hub-signature-256");
  const isKnown =
    signature === ""
      ? isSame(header("x-gitlab-token") || header("authorization").replace(/^Bearer /i, ""), token)
      : isSame(signature, Buffer.from(`sha256=${createHmac("sha256", token).update(body).digest("hex")}`));
  if (!isKnown) throw unauthorized();
}

/** In a time that tells nothing of where they differ. */
function isSame(text: string, secret: Buffer): boolean {
  const digest = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();
  return timingSafeEqual(digest(text), digest(secret));
}

/** The same delivery gets the same name. Without an identity of its own a request is one of its kind. */
function suffixOf(request: IncomingMessage, body: Buffer, now: number): string {
  const identity = request.headers["idempotency-key"] ?? request.headers["x-github-delivery"];
  const text = typeof identity === "string" ? identity : `${now} ${Math.random()} ${body.toString("base64")}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
