import { decodeUtf8, encodeUtf8 } from "./arguments.ts";
import { BuiltinError } from "./builtin.ts";
import { parseAddress } from "./ip-address.ts";

/** Escaping and syntax of URLs as Go's `net/url` has them. */
export type EscapeMode = "path segment" | "query component";

function escapeBytes(text: string, isPlain: (character: string) => boolean): string {
  let result = "";
  for (const byte of encodeUtf8(text)) {
    const character = String.fromCharCode(byte);
    result += byte < 0x80 && isPlain(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return result;
}

export function escapeUrl(text: string, mode: EscapeMode): string {
  const plain = mode === "path segment" ? /[A-Za-z0-9\-_.~$&+=:@]/ : /[A-Za-z0-9\-_.~ ]/;
  const escaped = escapeBytes(text, (character) => plain.test(character));
  return mode === "query component" ? escaped.replaceAll(" ", "+") : escaped;
}

function badEscape(text: string): string | undefined {
  return /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text)?.[0];
}

/** @throws BuiltinError naming the first broken escape. */
export function unescapeUrl(text: string, mode: EscapeMode): string {
  const bad = badEscape(text);
  if (bad !== undefined) throw new BuiltinError(`invalid URL escape ${JSON.stringify(bad)}`);
  const source = encodeUtf8(mode === "query component" ? text.replaceAll("+", " ") : text);
  const bytes: number[] = [];
  for (let i = 0; i < source.length; i++) {
    if (source[i] === 0x25) {
      bytes.push(Number.parseInt(String.fromCharCode(source[i + 1]!, source[i + 2]!), 16));
      i += 2;
    } else bytes.push(source[i]!);
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

/** Checks a URL or reference; tells its scheme, empty for a reference. @throws BuiltinError */
export function checkUrl(url: string): { readonly scheme: string } {
  const fail = (reason: string): BuiltinError => new BuiltinError(`parse ${JSON.stringify(url)}: ${reason}`);
  const [withoutFragment, fragment] = cut(url, "#");
  checkEscapes(fragment, fail);
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(withoutFragment)) throw fail("net/url: invalid control character in URL");
  if (withoutFragment === "*") return { scheme: "" };
  if (withoutFragment.startsWith(":")) throw fail("missing protocol scheme");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(withoutFragment)?.[1] ?? "";
  const [rest] = cut(scheme === "" ? withoutFragment : withoutFragment.slice(scheme.length + 1), "?");
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { scheme };
    if (cut(rest, "/")[0].includes(":")) throw fail("first path segment in URL cannot contain colon");
  }
  let path = rest;
  if (rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"))) {
    const end = rest.indexOf("/", 2);
    checkAuthority(end < 0 ? rest.slice(2) : rest.slice(2, end), fail);
    path = end < 0 ? "" : rest.slice(end);
  }
  checkEscapes(path, fail);
  return { scheme };
}

type Fail = (reason: string) => BuiltinError;

function cut(text: string, separator: string): readonly [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

function checkEscapes(text: string, fail: Fail): void {
  const bad = badEscape(text);
  if (bad !== undefined) throw fail(`invalid URL escape ${JSON.stringify(bad)}`);
}

function checkAuthority(authority: string, fail: Fail): void {
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    const user = authority.slice(0, at);
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw fail("net/url: invalid userinfo");
    checkEscapes(user, fail);
  }
  checkHost(authority.slice(at + 1), fail);
}

function checkPort(port: string, fail: Fail): void {
  if (!/^(?::[0-9]*)?$/.test(port)) throw fail(`invalid port ${JSON.stringify(port)} after host`);
}

function checkHost(host: string, fail: Fail): void {
  const open = host.lastIndexOf("[");
  if (open < 0) {
    const colon = host.lastIndexOf(":");
    if (colon >= 0) checkPort(host.slice(colon), fail);
    checkHostText(host, fail);
    return;
  }
  const end = host.lastIndexOf("]");
  if (end < 0) throw fail("missing ']' in host");
  if (open > 0) throw fail("invalid IP-literal");
  checkPort(host.slice(end + 1), fail);
  const [address, zone] = cut(host.slice(1, end), "%25");
  checkHostText(address, fail);
  checkEscapes(zone, fail);
  try {
    parseAddress(address);
  } catch (error) {
    throw error instanceof BuiltinError ? fail(`invalid host: ${error.message}`) : error;
  }
}

/** In host names only bytes that are no ASCII may be escaped, and some characters may not stand at all. */
function checkHostText(text: string, fail: Fail): void {
  checkEscapes(text, fail);
  const escape = /%(?!25)[0-7][0-9a-fA-F]/.exec(text)?.[0];
  if (escape !== undefined) throw fail(`invalid URL escape ${JSON.stringify(escape)}`);
  const wrong = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u.exec(text)?.[0];
  if (wrong !== undefined) throw fail(`invalid character ${JSON.stringify(wrong)} in host name`);
}
