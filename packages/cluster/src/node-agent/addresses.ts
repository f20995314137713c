/**
 * Loopback addresses of this node's pods and Services. On Linux each has one of its own out of 127.N.0.0/16, where N is this
 * server's: pods below 127.N.128.0, Services from there. Elsewhere all share 127.0.0.1 and each port is given another number.
 */
import { readFileSync } from "node:fs";
import * as net from "node:net";

export interface AddressRange extends AsyncDisposable {
  /** `127.77`, or undefined where every pod has 127.0.0.1 and its ports are remapped. */
  readonly prefix: string | undefined;
}

/** The claim's port: nobody talks to it, holding it open tells other servers that the range is taken. */
const claimPort = 10_250;
const firstRange = 64;
const ranges = 62;

/** Takes a free range, trying first the one that `seed` gives (the data directory): the same server gets the same again. */
export async function claimAddressRange(seed: string, platform: string = process.platform): Promise<AddressRange> {
  if (platform !== "linux") return { prefix: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const start = hash(seed) % ranges;
  for (let i = 0; i < ranges; i++) {
    const prefix = `127.${firstRange + ((start + i) % ranges)}`;
    const server = await holdOpen(`${prefix}.0.1`);
    if (server !== undefined)
      return { prefix, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
  }
  return { prefix: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
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
  readonly ip: string;
  /** The port of this machine that stands for a port of the pod. */
  hostPort(port: number): number;
}

/** Who has which address. */
export class AddressBook {
  readonly #prefix: string | undefined;
  readonly #taken = new Map<string, string>();
  readonly #pods = new Map<string, PodAddress>();
  readonly #next = { pod: 2, service: 1 };

  constructor(prefix: string | undefined) {
    this.#prefix = prefix;
  }

  get remapsPorts(): boolean {
    return this.#prefix === undefined;
  }

  /** The address of the node itself. */
  get hostIp(): string {
    return this.#prefix === undefined ? "127.0.0.1" : `${this.#prefix}.0.1`;
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
      hostPort: (port) => mapped.get(port) ?? (port < firstFreePort ? port + privilegedShift : port),
    };
    this.#pods.set(uid, address);
    return address;
  }

  assignService(uid: string, wanted: string | undefined): string {
    return this.#take(`service/${uid}`, wanted, "service");
  }

  release(kind: "pod" | "service", uid: string): void {
    const owner = `${kind}/${uid}`;
    for (const [ip, holder] of this.#taken) if (holder === owner) this.#taken.delete(ip);
    if (kind === "pod") this.#pods.delete(uid);
  }

  #take(owner: string, wanted: string | undefined, kind: "pod" | "service"): string {
    const prefix = this.#prefix;
    if (prefix === undefined) return "127.0.0.1";
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
