/** What only a node has: the output of containers and ways to their ports. The composition root gives one. */
export interface PodStreams {
  /** @throws ApiError with kubectl's texts, as `container x in pod y is not valid`. */
  logs(request: {
    readonly namespace: string;
    readonly name: string;
    readonly container?: string | undefined;
    readonly follow: boolean;
    readonly previous: boolean;
    readonly timestamps: boolean;
    readonly tailLines?: number | undefined;
    readonly sinceSeconds?: number | undefined;
    readonly sinceTime?: string | undefined;
    readonly limitBytes?: number | undefined;
    readonly signal: AbortSignal;
  }): Promise<AsyncIterable<Uint8Array>>;
  /** One TCP stream to a port of the pod. */
  connect(request: {
    readonly namespace: string;
    readonly name: string;
    readonly port: number;
    readonly signal: AbortSignal;
  }): Promise<PodConnection>;
}

export interface PodConnection {
  readonly readable: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our side; what is under way is still delivered. */
  end?(): void;
  close(): void;
}
