import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Upgrade } from "../server/options.ts";

/**
 * A watch that was asked for over a WebSocket, as browsers may: each event is a message. Everything else is answered as if no
 * upgrade had been asked for (apiserver pkg/endpoints/handlers/watch.go, HandleWS).
 */
export function upgradedWatch(request: ApiRequest, response: ApiResponse, offered: readonly string[]): Upgrade {
  const { status, body, headers } = response;
  const isStream = status === 200 && !(body instanceof Uint8Array);
  const isText = String(headers["content-type"] ?? "").startsWith("application/json");
  if (!isStream || !isText || !isWebSocket(request)) return { kind: "refused", response };
  return {
    kind: "accepted",
    stream: {
      kind: "messages",
      protocol: offered.find((name) => !name.startsWith("base64url.bearer.")) ?? "",
      async run(socket) {
        const leaving = readToEnd(socket.messages);
        const events = linesOf(body)[Symbol.asyncIterator]();
        try {
          for (;;) {
            const next = await Promise.race([events.next(), leaving]);
            if (next === "left" || next.done === true) break;
            await socket.sendText(next.value);
          }
        } finally {
          socket.close();
          await events.return(undefined);
        }
      },
    },
  };
}

function isWebSocket({ headers }: ApiRequest): boolean {
  const { upgrade = "" } = headers;
  return String(upgrade).toLowerCase() === "websocket";
}

/** What the client says is not listened to; its end is. */
async function readToEnd(messages: AsyncIterable<Uint8Array>): Promise<"left"> {
  for await (const _ of messages);
  return "left";
}

async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
  return undefined;
}
