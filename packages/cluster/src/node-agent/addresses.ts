/**
 * Loopback addresses of this node's pods and Services: each has one of its own out of 127.N.0.0/16, where N is this server's;
 * pods below 127.N.128.0, Services from there. Linux routes them all to itself. Elsewhere a pod's address is only a name: its
 * program listens on 127.0.0.1, at a port that it is told.
 */
import { readFileSync } from "node:fs";
import * as net from "node:net";

export interface AddressRange extends AsyncDisposable {
  /** `127.77`. */
  readonly prefix: string;
  /** Whether a program can listen there. */
  readonly routed: boolean;
}

/** The claim's port: nobody talks to it, holding it open tells other servers that the range is taken. */
const claimPort = 10_250;
const firstRange = 64;
const ranges = 62;
const loopback = "127.0.0.1";

/** Takes a free range, trying first the one that `seed` gives (the data directory): the same server gets the same again. */
export async function claimAddressRange(seed: string, platform: string = process.platform): Promise<AddressRange> {
  const start = hash(seed) % ranges;
  const prefixOf = (i: number): string => `127.${firstRange + ((start + i) % ranges)}`;
  for (let i = 0; i < ranges && platform === "linux"; i++) {
    const server = await holdOpen(`${prefixOf(i)}.0.1`);
    if (server !== undefined) {
      return {
        prefix: prefixOf(i),
        routed: true,
        [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
      };
    }
  }
  return { prefix: prefixOf(0), routed: false, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function holdOpen(host: string): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once("error", () => resolve(undefined));
    server.listen({ host, port: claimPort, exclusive: true }, () => resolve(server.unref()));
  });
}

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.codePointAt(0)!) >>> 0;
  return sum;
}

/** Lower ports need rights that this process lacks; they are served so much higher. */
export const privilegedShift = 8000;

/** The lowest port that this process may listen on. */
export const firstFreePort = ((): number => {
  if (process.platform === "win32" || process.getuid?.() === 0) return 0;
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  } catch {
    return process.platform === "linux" ? 1024 : 0;
  }
})();

export interface PodAddress {
  /** The address that the pod's status names. */
  readonly ip: string;
  /** Where its program listens and is reached. */
  readonly host: string;
  /** The port of this machine that stands for a port of the pod. */
  hostPort(port: number): number;
}

/** Who has which address. */
export class AddressBook {
  readonly #prefix: string;
  readonly #routed: boolean;
  readonly #taken = new Map<string, string>();
  readonly #pods = new Map<string, PodAddress>();
  readonly #services = new Map<string, string>();
  readonly #next = { pod: 2, service: 1 };

  constructor({ prefix, routed }: Pick<AddressRange, "prefix" | "routed">) {
    this.#prefix = prefix;
    this.#routed = routed;
  }

  get remapsPorts(): boolean {
    return !this.#routed;
  }

  /** The address of the node itself. */
  get hostIp(): string {
    return this.#routed ? `${this.#prefix}.0.1` : loopback;
  }

  pod(uid: string): PodAddress | undefined {
    return this.#pods.get(uid);
  }

  /** Gives a pod its address: the one it had, if that is of this range and free. `ports` are those it declares. */
  async assignPod(uid: string, wanted: string | undefined, ports: readonly number[]): Promise<PodAddress> {
    const known = this.#pods.get(uid);
    if (known !== undefined) return known;
    const ip = this.#take(`pod/${uid}`, wanted, "pod");
    const mapped = new Map<number, number>();
    if (this.remapsPorts) for (const port of ports) mapped.set(port, await freePort());
    const address: PodAddress = {
      ip,
      host: this.#routed ? ip : loopback,
      hostPort: (port) => mapped.get(port) ?? (port < firstFreePort ? port + privilegedShift : port),
    };
    this.#pods.set(uid, address);
    return address;
  }

  /** Gives a Service its address; the same one each time. */
  assignService(uid: string, wanted: string | undefined): string {
    if (!this.#routed) return loopback;
    const known = this.#services.get(uid) ?? this.#take(`service/${uid}`, wanted, "service");
    this.#services.set(uid, known);
    return known;
  }

  release(kind: "pod" | "service", uid: string): void {
    const owner = `${kind}/${uid}`;
    for (const [ip, holder] of this.#taken) if (holder === owner) this.#taken.delete(ip);
    (kind === "pod" ? this.#pods : this.#services).delete(uid);
  }

  #take(owner: string, wanted: string | undefined, kind: "pod" | "service"): string {
    const prefix = this.#prefix;
    if (wanted?.startsWith(`${prefix}.`) === true && !this.#taken.has(wanted)) {
      this.#taken.set(wanted, owner);
      return wanted;
    }
    for (let tries = 0; tries < 32_768; tries++) {
      const n = this.#next[kind]++ % 32_768;
      const third = (n >> 8) + (kind === "service" ? 128 : 0);
      const fourth = n & 255;
      const ip = `${prefix}.${third}.${fourth}`;
      if (fourth === 0 || fourth === 255 || (third === 0 && fourth === 1) || this.#taken.has(ip)) continue;
      this.#taken.set(ip, owner);
      return ip;
    }
    throw new Error(`all loopback addresses of ${prefix}.0.0/16 are in use`);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
