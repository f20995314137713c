import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { own } from "./dialect.ts";
import type { Pointer } from "./schema-state.ts";

/** Where a reference leads: into the document, or to another one. */
export type ReferenceTarget =
  | { readonly kind: "inside"; readonly pointer: Pointer }
  | { readonly kind: "outside"; readonly url: URL; readonly fragment: Pointer };

/**
 * The identifiers of a document's schemas (`$id`, `$anchor`): a reference is resolved against that of the schema around it,
 * as RFC 3986 does with base URLs; what then names a schema of the document leads there.
 */
export class SchemaIdentifiers {
  /** Places of schemas by their URLs, with anchors as fragments. */
  readonly #places = new Map<string, Pointer>();
  readonly #bases = new Map<string, string>();

  constructor(document: JsonValue) {
    const stack: { readonly value: JsonValue; readonly pointer: Pointer; readonly base: string }[] = [
      { value: document, pointer: [], base: "" },
    ];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { value, pointer } = next;
      let { base } = next;
      if (pointer.length > deepest) continue;
      if (isJsonObject(value)) base = this.#note(value, pointer, base);
      if (typeof value === "object" && value !== null)
        for (const [key, part] of Object.entries(value))
          stack.push({ value: part as JsonValue, pointer: [...pointer, key], base });
    }
  }

  #note(schema: JsonObject, pointer: Pointer, outer: string): string {
    const [id, anchor, dynamic] = ["$id", "$anchor", "$dynamicAnchor"].map((name) => own(schema, name));
    let base = outer;
    if (typeof id === "string" && id.startsWith("#")) this.#places.set(outer + id, pointer);
    else if (typeof id === "string") {
      base = (resolved(id, outer)?.href ?? id).replace(/#.*$/, "");
      this.#places.set(base, pointer);
      this.#bases.set(pointer.join("/"), base);
    }
    for (const name of [anchor, dynamic]) if (typeof name === "string") this.#places.set(`${base}#${name}`, pointer);
    return base;
  }

  /** The URL of the nearest schema around that has one. */
  #baseOf(pointer: Pointer): string {
    for (let length = pointer.length; length >= 0; length--) {
      const base = this.#bases.get(pointer.slice(0, length).join("/"));
      if (base !== undefined) return base;
    }
    return "";
  }

  /** Undefined where the reference is no URL that leads anywhere. */
  targetOf(ref: string, from: Pointer): ReferenceTarget | undefined {
    const base = this.#baseOf(from);
    const [start = "", fragment = ""] = /^([^#]*)(?:#(.*))?$/s.exec(ref)?.slice(1) ?? [];
    const url = start === "" ? undefined : resolved(start, base);
    const whole = start === "" ? base : (url?.href ?? start);
    const parts = partsOf(fragment);
    if (parts === undefined) {
      const anchored = this.#places.get(`${whole}#${fragment}`);
      return anchored === undefined ? undefined : { kind: "inside", pointer: anchored };
    }
    const place = whole === "" ? [] : this.#places.get(whole);
    if (place !== undefined) return { kind: "inside", pointer: [...place, ...parts] };
    return url === undefined ? undefined : { kind: "outside", url, fragment: parts };
  }
}

const deepest = 200;

function resolved(text: string, base: string): URL | undefined {
  try {
    return base === "" ? new URL(text) : new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The parts of a JSON pointer; undefined for the name of an anchor. */
export function partsOf(fragment: string): Pointer | undefined {
  if (fragment === "") return [];
  if (!fragment.startsWith("/")) return undefined;
  return fragment
    .slice(1)
    .split("/")
    .map((part) => decode(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
