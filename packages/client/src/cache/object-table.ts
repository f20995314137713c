import type { KubeObject } from "@lateen/objects";

type ValuesOf = (object: KubeObject) => readonly string[];

interface Index {
  readonly valuesOf: ValuesOf;
  readonly objects: Map<string, Map<string, KubeObject>>;
}

const nothing: readonly KubeObject[] = Object.freeze([]);

/** `namespace/name`; no name holds a slash. */
export function keyOf(object: { readonly namespace?: string | undefined; readonly name?: string | undefined }): string {
  return `${object.namespace ?? ""}/${object.name ?? ""}`;
}

/** The objects of one kind by name, namespace and any number of indexes. Lists are frozen and shared until the next change. */
export class ObjectTable {
  readonly #objects = new Map<string, KubeObject>();
  readonly #namespaces = new Map<string, Map<string, KubeObject>>();
  readonly #indexes = new Map<string, Index>();
  #lists = new Map<string, readonly KubeObject[]>();

  get size(): number {
    return this.#objects.size;
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** In the order of arrival. `namespace` "" or undefined: all. */
  list(namespace: string | undefined): readonly KubeObject[] {
    const name = namespace ?? "";
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const objects = name === "" ? this.#objects : this.#namespaces.get(name);
    if (objects === undefined || objects.size === 0) return nothing;
    const list = Object.freeze([...objects.values()]);
    this.#lists.set(name, list);
    return list;
  }

  byIndex(index: string, value: string): readonly KubeObject[] | undefined {
    const found = this.#indexes.get(index);
    if (found === undefined) return undefined;
    const objects = found.objects.get(value);
    return objects === undefined ? nothing : [...objects.values()];
  }

  addIndex(name: string, valuesOf: ValuesOf): void {
    const index: Index = { valuesOf, objects: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) enter(index, key, object);
  }

  /** Puts an object in (or takes it out, without `object`) and gives what was there before. */
  set(key: string, object: KubeObject | undefined): KubeObject | undefined {
    const previous = this.#objects.get(key);
    const namespace = key.slice(0, key.indexOf("/"));
    this.#lists.delete("");
    this.#lists.delete(namespace);
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) leave(index, key, previous);
      if (object !== undefined) enter(index, key, object);
    }
    if (object === undefined) {
      this.#objects.delete(key);
      this.#namespaces.get(namespace)?.delete(key);
    } else {
      this.#objects.set(key, object);
      const members = this.#namespaces.get(namespace) ?? new Map<string, KubeObject>();
      members.set(key, object);
      this.#namespaces.set(namespace, members);
    }
    return previous;
  }
}

function enter(index: Index, key: string, object: KubeObject): void {
  for (const value of index.valuesOf(object)) {
    const members = index.objects.get(value) ?? new Map<string, KubeObject>();
    members.set(key, object);
    index.objects.set(value, members);
  }
}

function leave(index: Index, key: string, object: KubeObject): void {
  for (const value of index.valuesOf(object)) {
    const members = index.objects.get(value);
    members?.delete(key);
    if (members?.size === 0) index.objects.delete(value);
  }
}
