import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { parseStored } from "../object/stored-form.ts";
import type { Core } from "../server/core.ts";
import { objectsOf, specOf } from "./edit.ts";

export const servicesPrefix = "/registry/core/services/";

const firstPort = 30_000;
const portCount = 2_768;

/**
 * Which cluster addresses and node ports are taken: those of the services in the store, which it follows, and those that a
 * write in progress has picked. The range is 10.96.0.0/16. The services are read when it is first asked: a server that only
 * reads, or a fork that nobody writes services to, never pays for them.
 */
export class ServiceAllocation {
  readonly #core: Core;
  /** How many services have an item; undefined until somebody asks. */
  #taken: Map<string, number> | undefined;
  readonly #held = new Map<string, number>();
  #end = (): void => undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  close(): void {
    this.#end();
  }

  isTaken(item: string): boolean {
    return (this.#followed().get(item) ?? 0) > 0 || (this.#held.get(item) ?? 0) > 0;
  }

  #followed(): ReadonlyMap<string, number> {
    if (this.#taken !== undefined) return this.#taken;
    const taken = (this.#taken = new Map<string, number>());
    const { entries, revision } = this.#core.store.range(servicesPrefix);
    for (const entry of entries) count(taken, parseStored(entry), 1);
    this.#end = this.#core.store.subscribe(servicesPrefix, revision, (event) => {
      if (event.kind === "progress") return;
      if (event.previous !== undefined) count(taken, parseStored(event.previous), -1);
      if (event.kind === "put") count(taken, parseStored(event), 1);
    });
    return taken;
  }

  /** Keeps `item` for a write in progress; the answer lets it go, after the store has told of it or not. */
  hold(item: string): () => void {
    this.#held.set(item, (this.#held.get(item) ?? 0) + 1);
    return () => {
      const left = (this.#held.get(item) ?? 1) - 1;
      if (left > 0) this.#held.set(item, left);
      else this.#held.delete(item);
    };
  }

  /** A free address, looked for from `seed` on or anywhere; undefined when none is left. */
  freeAddress(seed?: number): string | undefined {
    const start = seed ?? this.#random(65_534);
    for (let n = 0; n < 65_534; n++) {
      const number = 1 + ((start + n) % 65_534);
      const address = `10.96.${number >> 8}.${number & 255}`;
      if (!this.isTaken(address) && address !== "10.96.0.1") return address;
    }
    return undefined;
  }

  freePort(seed?: number): number | undefined {
    const start = seed ?? this.#random(portCount);
    for (let n = 0; n < portCount; n++) {
      const port = firstPort + ((start + n) % portCount);
      if (!this.isTaken(String(port))) return port;
    }
    return undefined;
  }

  #random(below: number): number {
    const bytes = this.#core.platform.randomBytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % below;
  }
}

function count(taken: Map<string, number>, service: KubeObject, by: 1 | -1): void {
  for (const item of allocatedItems(service)) {
    const left = (taken.get(item) ?? 0) + by;
    if (left > 0) taken.set(item, left);
    else taken.delete(item);
  }
}

export function inAddressRange(address: string): boolean {
  return /^10\.96\.\d{1,3}\.\d{1,3}$/.test(address) && address !== "10.96.0.0" && address !== "10.96.255.255";
}

export function inPortRange(port: number): boolean {
  return port >= firstPort && port < firstPort + portCount;
}

/** Addresses and node ports that a service has, each once. */
export function allocatedItems(service: KubeObject): readonly string[] {
  const spec = specOf(service);
  const items = new Set<string>();
  for (const address of (spec.clusterIPs ?? []) as readonly string[]) if (address !== "None") items.add(address);
  for (const port of nodePortsOf(spec)) items.add(String(port));
  if (typeof spec.healthCheckNodePort === "number" && spec.healthCheckNodePort > 0) {
    items.add(String(spec.healthCheckNodePort));
  }
  return [...items];
}

export function nodePortsOf(spec: JsonObject): readonly number[] {
  return objectsOf(spec.ports)
    .map((port) => port.nodePort)
    .filter((port): port is number => typeof port === "number" && port > 0);
}
