import type { HeaderField } from "./header-decoder.ts";
import { limit } from "./protocol.ts";

/** Headers that belong to a connection of HTTP/1.1 (RFC 9113, 8.2.2). */
const connectionHeaders = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** Headers of which the first alone counts, as Node has it for HTTP/1.1. */
const singleHeaders = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "user-agent",
]);

/** The header list of a request as it is read (RFC 9113, 8.2 and 8.3). */
export class RequestHeaders {
  method: string | undefined;
  path: string | undefined;
  #scheme: string | undefined;
  #authority: string | undefined;
  /** Names in lower case; several of one name are joined. */
  readonly headers: Record<string, string> = { __proto__: null } as unknown as Record<string, string>;
  #isMalformed = false;
  #seenRegular = false;
  #bytes = 0;
  #pairs = 0;

  /** Whether it is longer than we read; what came too late is not kept. */
  get isTooLarge(): boolean {
    return this.#bytes > limit.headerListBytes || this.#pairs > limit.headerPairs;
  }

  /** Whether it breaks a rule that makes the request none. */
  get isMalformed(): boolean {
    return (
      this.#isMalformed ||
      this.method === undefined ||
      this.#scheme === undefined ||
      this.path === undefined ||
      !(this.path.startsWith("/") || (this.path === "*" && this.method === "OPTIONS"))
    );
  }

  /** What the client says the length of its body is. */
  get contentLength(): number | undefined {
    const text = this.headers["content-length"];
    return text === undefined ? undefined : /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  }

  add(field: HeaderField): void {
    this.#bytes += field.bytes;
    this.#pairs++;
    if (this.isTooLarge) return;
    if (field.kind === "malformed") this.#isMalformed = true;
    else if (field.kind === "pseudo") this.#addPseudo(field);
    else this.#addRegular(field);
  }

  #addPseudo({ name, value }: HeaderField): void {
    if (this.#seenRegular || this.#hasPseudo(name)) {
      this.#isMalformed = true;
      return;
    }
    switch (name) {
      case ":method":
        this.method = value;
        return;
      case ":path":
        this.path = value;
        return;
      case ":scheme":
        this.#scheme = value;
        return;
      case ":authority":
        this.#authority = value;
        this.headers["host"] = value;
        return;
      default:
        this.#isMalformed = true;
    }
  }

  #hasPseudo(name: string): boolean {
    switch (name) {
      case ":method":
        return this.method !== undefined;
      case ":path":
        return this.path !== undefined;
      case ":scheme":
        return this.#scheme !== undefined;
      default:
        return this.#authority !== undefined;
    }
  }

  #addRegular({ name, value }: HeaderField): void {
    this.#seenRegular = true;
    const before = this.headers[name];
    if (before === undefined) this.headers[name] = value;
    else if (!singleHeaders.has(name)) this.headers[name] = before + (name === "cookie" ? "; " : ", ") + value;
    else if (name === "content-length" && before !== value) this.#isMalformed = true;
  }
}

/** What the rules say of a field by itself. */
export function kindOfField(name: string, value: string): HeaderField["kind"] {
  if (/[\0\r\n]|^[ \t]|[ \t]$/.test(value)) return "malformed";
  if (name.startsWith(":")) return "pseudo";
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || connectionHeaders.has(name)) return "malformed";
  return name === "te" && value !== "trailers" ? "malformed" : "regular";
}
