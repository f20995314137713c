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
  /** Runs a command in a container. Absent where nothing can. @throws ApiError. */
  exec?(request: ExecRequest): Promise<PodProcess>;
  /** Joins the process that a container runs. @throws ApiError. */
  attach?(request: Omit<ExecRequest, "command">): Promise<PodProcess>;
  /** What the pods of the node and the node itself use now. Absent where nobody measures. */
  usage?(): Promise<UsageFigures>;
}

export interface UsageFigures {
  readonly nodeName: string;
  readonly node: { readonly cpuNanocores: number; readonly memoryBytes: number };
  readonly pods: readonly PodUsage[];
  readonly atMs: number;
  /** The time that the rates are of, up to `atMs`. */
  readonly windowMs: number;
}

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly containers: readonly {
    readonly name: string;
    readonly cpuNanocores: number;
    readonly memoryBytes: number;
  }[];
}

export interface ExecRequest {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string | undefined;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly signal: AbortSignal;
}

/** A process in a container, with the streams that were asked for. */
export interface PodProcess {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** To its standard input; does nothing where none was asked for. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends its standard input. */
  end(): void;
  resize(size: { readonly width: number; readonly height: number }): void;
  /** Its exit code, once it has ended and its output is read. */
  readonly exited: Promise<number>;
  /** The client has left. */
  close(): void;
}

export interface PodConnection {
  readonly readable: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our side; what is under way is still delivered. */
  end?(): void;
  close(): void;
}
