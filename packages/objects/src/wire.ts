/**
 * A request and its answer as every transport of Lateen carries them: HTTP without the connection. Header names are
 * lower case; a header that occurs several times (`warning`) is a list.
 */
export interface ApiRequest {
  readonly method: string;
  /** Path and query, starting with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: Uint8Array | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** A stream for watches and logs: to be read to its end, or its iterator returned. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** The way to an API server: in process, over HTTPS, in a worker. */
export type Transport = (request: ApiRequest) => Promise<ApiResponse>;
