import type { ApiRequest } from "@lateen/objects";
import { createDeferred, type Deferred } from "@lateen/base";
import { LateSignal } from "../exchange.ts";
import type { RequestHeaders } from "./request-headers.ts";

/** One request and its answer on a connection of HTTP/2. */
export class Stream {
  readonly id: number;
  readonly headers: RequestHeaders;
  /** What the client says the length of its body is; NaN when that is no length. */
  readonly contentLength: number | undefined;
  readonly gone = new LateSignal();
  readonly openedAt: number;
  /** The client has said all. */
  isRequestWhole = false;
  /** The request was given to the server, or refused: what comes of its body is not kept. */
  isServed = false;
  /** The server is at work on the answer. */
  isWithServer = false;
  /** The whole answer is out. */
  isAnswered = false;
  /** Nothing is read or written any more. */
  isClosed = false;
  readonly #parts: Buffer[] = [];
  /** Of the body: what has come, and what of it is kept. */
  bodyBytes = 0;
  keptBytes = 0;
  /** Bytes that the client may send again once it hears of it. */
  unacknowledged = 0;
  /** What the client lets us send of the answer. */
  sendWindow: number;
  /** When a part of the answer last went out. */
  progressAt: number;
  /** The part of the answer that waits for windows or the socket. */
  pending: Uint8Array | undefined;
  pendingAt = 0;
  isPendingLast = false;
  #sent: Deferred<void> | undefined;

  constructor(options: {
    readonly id: number;
    readonly headers: RequestHeaders;
    readonly sendWindow: number;
    readonly now: number;
  }) {
    this.id = options.id;
    this.headers = options.headers;
    this.contentLength = options.headers.contentLength;
    this.sendWindow = options.sendWindow;
    this.openedAt = options.now;
    this.progressAt = options.now;
  }

  keep(part: Buffer): void {
    this.#parts.push(part);
    this.keptBytes += part.length;
  }

  /** Lets go of what was kept of the body. */
  dropBody(): void {
    this.#parts.length = 0;
    this.keptBytes = 0;
  }

  /** The request, once it is whole. */
  request(): ApiRequest {
    const { method = "GET", path = "/", headers } = this.headers;
    const parts = this.#parts;
    const hasBody = method !== "GET" && method !== "HEAD";
    const body = hasBody ? (parts.length === 1 ? parts[0]! : Buffer.concat(parts)) : undefined;
    return new StreamRequest({ method, path, headers, body }, this.gone);
  }

  /** Resolves when `pending` is sent or never will be. */
  sent(): Promise<void> {
    this.#sent ??= createDeferred<void>();
    return this.#sent.promise;
  }

  settleSent(): void {
    this.#sent?.resolve();
    this.#sent = undefined;
  }
}

/** The signal is made when somebody asks for it. */
class StreamRequest implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ApiRequest["headers"];
  readonly body: Uint8Array | undefined;
  readonly #gone: LateSignal;

  constructor({ method, path, headers, body }: Omit<ApiRequest, "signal">, gone: LateSignal) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.body = body;
    this.#gone = gone;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }
}
