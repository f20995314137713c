import { createNodeTransport } from "@lateen/client/node";
import type { JsonObject, JsonValue } from "@lateen/base";
import { type ConnectOptions, findKubeconfig } from "./connect.ts";
import type { VerbContext } from "./verb.ts";

/** Paths of the server as they are, for what is no object. */
export interface RawServer extends AsyncDisposable {
  /** The answer as JSON. @throws Error with the server's own message. */
  json(method: string, path: string, options?: { readonly accept?: string }): Promise<JsonObject>;
  /** The answer as it comes. @throws as `json`. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
}

const decoder = new TextDecoder();

export function connectRaw(options: ConnectOptions, context: VerbContext): RawServer {
  const transport = createNodeTransport(findKubeconfig(options, context));
  const send = async (method: string, path: string, accept: string) => {
    const answer = await transport({ method, path, headers: { accept }, signal: context.signal });
    if (answer.status < 300) return answer;
    const text = await textOf(answer.body);
    let message = text.trim();
    try {
      message = (JSON.parse(text) as { message?: string }).message ?? message;
    } catch {
      // Not a Status: its text says it.
    }
    throw new Error(
      answer.status === 404 && path.startsWith("/lateen.dev/") ? `${message} (is it a lateen server?)` : message,
    );
  };
  return {
    json: async (method, path, { accept = "application/json" } = {}) =>
      JSON.parse(await textOf((await send(method, path, accept)).body)) as JsonObject,
    stream: async (path) => {
      const { body } = await send("GET", path, "*/*");
      return body instanceof Uint8Array ? once(body) : body;
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (body instanceof Uint8Array) return decoder.decode(body);
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** A field of an answer for a person: texts as they are. */
export function fieldText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}
