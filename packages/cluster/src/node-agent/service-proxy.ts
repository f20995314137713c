/**
 * Services on this machine: for each that has a real endpoint a listener on a loopback address of its own, forwarding to the
 * ready endpoints in turn. The address is written on the Service (`lateen.dev/addresses`), for people and for `lateen status`.
 */
import * as net from "node:net";
import { errorMessage, isConflict, isNotFound } from "@lateen/base";
import type { Controller, Environment, ReconcileContext, Request } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { type EndpointSlice, type Service, type ServicePort, endpointSliceKind, serviceKind } from "../api/cluster.ts";
import { firstFreePort, privilegedShift } from "./addresses.ts";
import type { NodeContext } from "./node-context.ts";

export const serviceAddressAnnotation = "lateen.dev/addresses";
export const serviceNameLabel = "kubernetes.io/service-name";

export interface ServiceProxyOptions {
  readonly environment: Environment;
  readonly context: NodeContext;
  /** Where a pod's port is reached; undefined for pods that have no process here. */
  readonly reach: (podUid: string, port: number) => { readonly host: string; readonly port: number } | undefined;
}

interface Backend {
  readonly podUid: string;
  readonly ip: string;
  readonly port: number;
}

interface Listening {
  readonly ip: string;
  readonly servers: Map<
    number,
    { readonly server: net.Server; readonly port: number; readonly sockets: Set<net.Socket> }
  >;
}

export class ServiceProxy implements AsyncDisposable {
  readonly #options: ServiceProxyOptions;
  readonly #listening = new Map<string, Listening>();
  #turn = 0;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  controller(): Controller {
    const ofSlice = (slice: KubeObject): readonly Request[] => {
      const name = slice.metadata.labels?.[serviceNameLabel];
      return name === undefined ? [] : [{ namespace: slice.metadata.namespace ?? "", name }];
    };
    return {
      name: "service-proxy",
      sources: [{ ...serviceKind }, { ...endpointSliceKind, map: ofSlice }],
      reconcile: (request, context) => this.#reconcile(request, context),
    };
  }

  async #reconcile({ namespace, name }: Request, { signal }: ReconcileContext): Promise<void> {
    const { environment } = this.#options;
    const service = environment.cache.get<Service>({ ...serviceKind, namespace, name });
    const key = `${namespace}/${name}`;
    if (service === undefined || service.spec?.type === "ExternalName") {
      await this.#close(key, service);
      return;
    }
    const ports = (service.spec?.ports ?? []).filter(({ protocol = "TCP" }) => protocol === "TCP");
    // A Service of simulated pods alone needs no listener, unless somebody waits for its address.
    const real = ports.some((port) =>
      this.#backends(service, port).some(
        ({ podUid, port: target }) => this.#options.reach(podUid, target) !== undefined,
      ),
    );
    if (!this.#listening.has(key) && !real && service.spec?.type !== "LoadBalancer") return;
    const listening = this.#listening.get(key) ?? { ip: this.#addressOf(service), servers: new Map() };
    this.#listening.set(key, listening);
    await this.#listen(listening, key, ports);
    await this.#publish(service, listening, signal);
  }

  #addressOf(service: Service): string {
    const { uid = "", annotations } = service.metadata;
    const known = annotations?.[serviceAddressAnnotation]?.split(",")[0]?.split(":")[0];
    return this.#options.context.addresses.assignService(uid, known);
  }

  /**
   * The variables by which a program finds the Services of its namespace (`DB_SERVICE_HOST`, `DB_SERVICE_PORT`,
   * `DB_SERVICE_PORT_HTTP`), as the kubelet gives them: the only way here, where no name is resolved.
   */
  environmentFor(namespace: string): Record<string, string> {
    const { environment, context } = this.#options;
    const env: Record<string, string> = {};
    if (context.addresses.remapsPorts) return env;
    for (const service of environment.cache.list<Service>({ ...serviceKind, namespace })) {
      const { type, clusterIP, ports = [] } = service.spec ?? {};
      if (type === "ExternalName" || clusterIP === "None" || ports.length === 0) continue;
      const prefix = variableName(service.metadata.name ?? "");
      env[`${prefix}_SERVICE_HOST`] = this.#addressOf(service);
      env[`${prefix}_SERVICE_PORT`] = String(servedPort(ports[0]!.port));
      for (const { name, port } of ports)
        if (name !== undefined && name !== "")
          env[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(servedPort(port));
    }
    return env;
  }

  async #listen(listening: Listening, key: string, ports: readonly ServicePort[]): Promise<void> {
    for (const [port, { server, sockets }] of listening.servers) {
      if (ports.some((wanted) => wanted.port === port)) continue;
      listening.servers.delete(port);
      for (const socket of sockets) socket.destroy();
      server.close();
    }
    for (const { port } of ports) {
      if (listening.servers.has(port)) continue;
      const sockets = new Set<net.Socket>();
      const accept = (socket: net.Socket): void => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        this.#forward(socket, key, port);
      };
      const opened = await openListener(
        { ip: listening.ip, port, remap: this.#options.context.addresses.remapsPorts },
        accept,
      );
      if (opened === undefined) continue;
      listening.servers.set(port, { ...opened, sockets });
    }
  }

  async #publish(service: Service, { ip, servers }: Listening, signal: AbortSignal): Promise<void> {
    const { environment } = this.#options;
    const { namespace = "", name = "" } = service.metadata;
    await this.#publishIngress(service, ip, signal);
    const text = [...servers.values()].map(({ port }) => `${ip}:${port}`).join(",");
    if (text === "" || service.metadata.annotations?.[serviceAddressAnnotation] === text) return;
    try {
      await environment.client.patch(
        { ...serviceKind, namespace, name },
        { kind: "merge", value: { metadata: { annotations: { [serviceAddressAnnotation]: text } } } },
        { signal, fieldManager: "lateen-node" },
      );
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** A load balancer is ready when its status has an address. */
  async #publishIngress({ spec, status, metadata }: Service, ip: string, signal: AbortSignal): Promise<void> {
    const { loadBalancer } = (status ?? {}) as {
      readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
    };
    if (spec?.type !== "LoadBalancer" || loadBalancer?.ingress?.[0]?.ip === ip) return;
    const { namespace = "", name = "" } = metadata;
    const value = { status: { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } } };
    await this.#options.environment.client.patch(
      { ...serviceKind, namespace, name },
      { kind: "merge", value },
      { signal, subresource: "status", fieldManager: "lateen-node" },
    );
  }

  #forward(client: net.Socket, key: string, port: number): void {
    const [namespace = "", name = ""] = key.split("/");
    const service = this.#options.environment.cache.get<Service>({ ...serviceKind, namespace, name });
    const servicePort = service?.spec?.ports?.find((candidate) => candidate.port === port);
    const backends = service === undefined || servicePort === undefined ? [] : this.#backends(service, servicePort);
    const reachable = backends.flatMap(({ podUid, port: target }) => this.#options.reach(podUid, target) ?? []);
    client.on("error", () => undefined);
    if (reachable.length === 0) {
      const why =
        backends.length > 0
          ? "the ready pods of this Service are simulated: nothing runs behind it"
          : "this Service has no ready endpoints";
      client.end(
        `HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${why.length + 1}\r\n\r\n${why}\n`,
      );
      return;
    }
    this.#connect(client, reachable, reachable.length);
  }

  /** The next endpoint in turn; the others when it does not answer. */
  #connect(
    client: net.Socket,
    addresses: readonly { readonly host: string; readonly port: number }[],
    tries: number,
  ): void {
    const address = addresses[this.#turn++ % addresses.length]!;
    const upstream = net.connect(address);
    upstream.once("error", (error) => {
      if (upstream.bytesWritten === 0 && upstream.connecting && tries > 1) this.#connect(client, addresses, tries - 1);
      else {
        this.#options.context.log({
          level: "debug",
          message: "an endpoint did not answer",
          object: `${address.host}:${address.port}`,
          error: errorMessage(error),
        });
        client.destroy();
      }
    });
    upstream.once("connect", () => {
      client.pipe(upstream).pipe(client);
      upstream.on("error", () => client.destroy());
      upstream.once("close", () => client.destroy());
      client.once("close", () => upstream.destroy());
    });
  }

  #backends(service: Service, port: ServicePort): readonly Backend[] {
    const { cache } = this.#options.environment;
    const { namespace = "", name = "" } = service.metadata;
    const backends: Backend[] = [];
    for (const slice of cache.list<EndpointSlice>({ ...endpointSliceKind, namespace })) {
      if (slice.metadata.labels?.[serviceNameLabel] !== name) continue;
      const target = slice.ports?.find((candidate) => (candidate.name ?? "") === (port.name ?? ""))?.port;
      if (target === undefined) continue;
      for (const { addresses, conditions, targetRef } of slice.endpoints ?? []) {
        if (conditions?.ready === false) continue;
        for (const ip of addresses) backends.push({ ip, port: target, podUid: targetRef?.uid ?? "" });
      }
    }
    return backends;
  }

  async #close(key: string, service: Service | undefined): Promise<void> {
    const listening = this.#listening.get(key);
    if (listening === undefined) return;
    this.#listening.delete(key);
    this.#options.context.addresses.release("service", service?.metadata.uid ?? key);
    await Promise.all(
      [...listening.servers.values()].map(({ server, sockets }) => {
        for (const socket of sockets) socket.destroy();
        return new Promise<void>((resolve) => server.close(() => resolve()));
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#listening.keys()].map((key) => this.#close(key, undefined)));
  }
}

function servedPort(port: number): number {
  return port < firstFreePort ? port + privilegedShift : port;
}

/** `my-db` → `MY_DB`. */
function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}

async function openListener(
  { ip, port, remap }: { readonly ip: string; readonly port: number; readonly remap: boolean },
  accept: (socket: net.Socket) => void,
): Promise<{ readonly server: net.Server; readonly port: number } | undefined> {
  const candidates = remap ? [0] : [servedPort(port)];
  for (const candidate of candidates) {
    const server = await tryListen(ip, candidate, accept);
    if (server !== undefined) return { server, port: (server.address() as net.AddressInfo).port };
  }
  return undefined;
}

function tryListen(host: string, port: number, accept: (socket: net.Socket) => void): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer(accept);
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}
