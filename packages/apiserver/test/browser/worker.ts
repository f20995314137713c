/** The whole API server in a worker of a browser: a message is a request, the answer comes back in parts. */
import { createApiServer } from "../../src/server/api-server.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createFetch } from "../../src/listen/fetch.ts";
import { webPlatform } from "../../src/platform/web.ts";

interface Call {
  readonly id: number;
  readonly path: string;
  readonly init: RequestInit;
  /** Of a stream: how many parts are wanted. */
  readonly parts?: number;
}

const scope = globalThis as unknown as {
  onmessage: ((event: { readonly data: Call }) => void) | null;
  postMessage(message: unknown): void;
};

const begun = performance.now();
const server = createApiServer({ store: createMemoryStore(), platform: webPlatform });
const answer = createFetch(server, { user: { username: "tab", groups: ["system:masters"] } });

scope.onmessage = ({ data }) => {
  void serve(data);
};
await server.ready;
scope.postMessage({ ready: performance.now() - begun });

async function serve({ id, path, init, parts }: Call): Promise<void> {
  const response = await answer(`https://tab.local${path}`, init);
  if (parts === undefined) {
    scope.postMessage({ id, status: response.status, text: await response.text() });
    return;
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length <= parts) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  scope.postMessage({ id, status: response.status, text });
}
