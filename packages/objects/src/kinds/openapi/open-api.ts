import type { KindTable } from "../kind.ts";
import {
  type CustomSchemas,
  documentKeys,
  openApiHash,
  openApiV2,
  openApiV3Document,
  openApiV3Index,
} from "./documents.ts";
import { openApiV2Protobuf } from "./swagger-protobuf.ts";

export interface OpenApiDocument {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/**
 * The OpenAPI documents of a server, each made when first asked for and kept as bytes. When the kinds change, only the
 * documents that they change are made anew.
 */
export class OpenApi {
  private kinds: KindTable;
  private customSchemas: CustomSchemas | undefined;
  private readonly documents = new Map<string, OpenApiDocument>();
  private readonly hashes = new Map<string, string>();
  private readonly whole = new Map<"index" | "json" | "protobuf", Uint8Array>();
  private keys: ReadonlySet<string>;

  constructor(kinds: KindTable, customSchemas?: CustomSchemas) {
    this.kinds = kinds;
    this.customSchemas = customSchemas;
    this.keys = new Set(documentKeys(kinds));
  }

  setKinds(kinds: KindTable, customSchemas?: CustomSchemas): void {
    this.kinds = kinds;
    this.customSchemas = customSchemas;
    this.keys = new Set(documentKeys(kinds));
    this.hashes.clear();
    this.whole.clear();
    for (const key of this.documents.keys()) if (!this.keys.has(key)) this.documents.delete(key);
  }

  /** `/openapi/v3`. */
  index(): Uint8Array {
    return this.keep("index", () => bytesOf(openApiV3Index(this.kinds, (key) => this.hashOf(key))));
  }

  /** `/openapi/v3/KEY`, with the hash that the index shows; undefined when nothing is served there. */
  document(key: string): OpenApiDocument | undefined {
    if (!this.keys.has(key)) return undefined;
    const hash = this.hashOf(key);
    const kept = this.documents.get(key);
    if (kept?.hash === hash) return kept;
    const document = { hash, bytes: bytesOf(openApiV3Document(key, this.kinds, this.customSchemas)) };
    this.documents.set(key, document);
    return document;
  }

  /** `/openapi/v2`, for clients of JSON or of gnostic's protobuf. */
  swagger(form: "json" | "protobuf"): Uint8Array {
    return this.keep(form, () => {
      const swagger = openApiV2(this.kinds, this.customSchemas);
      return form === "json" ? bytesOf(swagger) : openApiV2Protobuf(swagger);
    });
  }

  private hashOf(key: string): string {
    let hash = this.hashes.get(key);
    if (hash === undefined) {
      hash = openApiHash(key, this.kinds, this.customSchemas);
      this.hashes.set(key, hash);
    }
    return hash;
  }

  private keep(name: "index" | "json" | "protobuf", make: () => Uint8Array): Uint8Array {
    let bytes = this.whole.get(name);
    if (bytes === undefined) {
      bytes = make();
      this.whole.set(name, bytes);
    }
    return bytes;
  }
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
