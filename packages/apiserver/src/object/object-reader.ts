import { apiVersionOf, type KubeObject } from "@lateen/objects";
import type { Resource } from "../registry/resource.ts";
import type { Entry } from "../store/store.ts";
import { convertObject } from "./convert.ts";
import type { Converter } from "./converter.ts";
import { decodeStored, parseStored, readHeader } from "./stored-form.ts";

const maxCachedBytes = 8 * 1024 * 1024;

/**
 * Turns stored entries into frozen objects in the version that is asked for. The latest ones stay decoded: a writer that
 * reads, changes and reads again parses once.
 */
export class ObjectReader {
  readonly #cache = new Map<
    string,
    { readonly revision: number; readonly object: KubeObject; readonly size: number }
  >();
  readonly #converter: Converter;
  #cachedBytes = 0;

  constructor(converter: Converter) {
    this.#converter = converter;
  }

  /** The object as stored, at the version it was stored in. */
  stored(entry: Entry): KubeObject {
    const hit = this.#cache.get(entry.key);
    if (hit?.revision === entry.revision) return hit.object;
    const object = decodeStored(entry);
    this.#remember(entry, object);
    return object;
  }

  /** The object in the version of `resource`. */
  read(resource: Resource, entry: Entry): KubeObject {
    return this.#convert(resource, this.stored(entry), entry);
  }

  /** As `read`, for an entry that is no state of its key (a deletion shows the last one at its own revision): nothing is kept. */
  readPast(resource: Resource, entry: Entry): KubeObject {
    return this.#convert(resource, decodeStored(entry), entry);
  }

  /** As `read`, for a walk over many: nothing is kept, and the caller must not hold on to what it gets. */
  readOnce(resource: Resource, entry: Entry): KubeObject {
    const hit = this.#cache.get(entry.key);
    const stored = hit?.revision === entry.revision ? hit.object : parseStored(entry);
    return this.#convert(resource, stored, entry);
  }

  #convert(resource: Resource, stored: KubeObject, { bytes }: Entry): KubeObject {
    return convertObject(resource, stored, { tag: readHeader(bytes).tag, converter: this.#converter });
  }

  #remember(entry: Entry, object: KubeObject): void {
    const size = entry.bytes.length;
    if (size > maxCachedBytes / 8) return;
    const old = this.#cache.get(entry.key);
    if (old !== undefined) {
      // A read of the past must not push out what is current.
      if (old.revision > entry.revision) return;
      this.#cachedBytes -= old.size;
      this.#cache.delete(entry.key);
    }
    this.#cache.set(entry.key, { revision: entry.revision, object, size });
    this.#cachedBytes += size;
    for (const [key, item] of this.#cache) {
      if (this.#cachedBytes <= maxCachedBytes) break;
      this.#cache.delete(key);
      this.#cachedBytes -= item.size;
    }
  }
}

const heads = new WeakMap<Resource, Uint8Array>();

/** What the header of an object that needs no conversion begins with. */
function currentHead(resource: Resource): Uint8Array {
  let head = heads.get(resource);
  if (head === undefined) {
    const tag = resource.custom === undefined ? "" : `${resource.custom.tag} `;
    head = new TextEncoder().encode(`${apiVersionOf(resource.kind)} ${resource.kind.kind} ${tag}`);
    heads.set(resource, head);
  }
  return head;
}

/** Whether stored bytes can be served as they are: same version, and for custom resources the same schema. */
export function isPassThrough(resource: Resource, { bytes }: Entry): boolean {
  const head = currentHead(resource);
  for (let i = 0; i < head.length; i++) if (bytes[i] !== head[i]) return false;
  return true;
}
