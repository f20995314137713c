import { encodeUtf8, utf8Length } from "./arguments.ts";
import { BuiltinError } from "./builtin.ts";

/** Splits `host:port`, an IPv6 host being in brackets. @throws BuiltinError */
export function splitHostPort(text: string): readonly [host: string, port: string] {
  const fail = (reason: string): BuiltinError => new BuiltinError(`${text === "" ? "" : `address ${text}: `}${reason}`);
  const colon = text.lastIndexOf(":");
  if (colon < 0) throw fail("missing port in address");
  let host: string;
  let rest = text;
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    if (end < 0) throw fail("missing ']' in address");
    if (end + 1 !== colon) throw fail(text[end + 1] === ":" ? "too many colons in address" : "missing port in address");
    host = text.slice(1, end);
    rest = text.slice(1, end) + text.slice(end + 1);
  } else {
    host = text.slice(0, colon);
    if (host.includes(":")) throw fail("too many colons in address");
  }
  if (rest.includes("[")) throw fail("unexpected '[' in address");
  if (rest.includes("]")) throw fail("unexpected ']' in address");
  return [host, text.slice(colon + 1)];
}

/** Whether a text is a domain name as DNS takes it, fully qualified or not; names in other scripts as `xn--`. */
export function isDomainName(text: string): boolean {
  const name = text.replace(/\.{1,2}$/, "");
  if (name === "" || utf8Length(name) > 253) return false;
  return name.split(".").every(isLabel);
}

function isLabel(label: string): boolean {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) return false;
  if (label.slice(2, 4) !== "--") return true;
  return /^xn--/i.test(label) && isPunycode(label.slice(4).toLowerCase());
}

/** Whether a text decodes (RFC 3492) to a label that needs the encoding. */
function isPunycode(text: string): boolean {
  const hyphen = text.lastIndexOf("-");
  const output = hyphen > 0 ? Array.from(text.slice(0, hyphen), (character) => character.charCodeAt(0)) : [];
  const input = encodeUtf8(text.slice(hyphen + 1));
  if (input.length === 0 || hyphen === 0) return false;
  let n = 128;
  let index = 0;
  let bias = 72;
  for (let at = 0; at < input.length; ) {
    const start = index;
    let weight = 1;
    for (let k = 36; ; k += 36) {
      const code = input[at++];
      if (code === undefined) return false;
      const digit = code >= 0x61 ? code - 0x61 : code - 0x30 + 26;
      index += digit * weight;
      const threshold = Math.max(1, Math.min(26, k - bias));
      if (digit < threshold) break;
      weight *= 36 - threshold;
    }
    const length = output.length + 1;
    bias = adaptedBias(index - start, length, start === 0);
    n += Math.floor(index / length);
    index %= length;
    if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) return false;
    output.splice(index++, 0, n);
  }
  const decoded = String.fromCodePoint(...output);
  return (
    decoded.normalize("NFC").toLowerCase() === decoded && /^(?:[\p{L}\p{M}\p{N}\u00b7-]|\u200c|\u200d)+$/u.test(decoded)
  );
}

function adaptedBias(difference: number, length: number, first: boolean): number {
  let delta = first ? Math.floor(difference / 700) : difference >> 1;
  delta += Math.floor(delta / length);
  let k = 0;
  while (delta > 455) {
    delta = Math.floor(delta / 35);
    k += 36;
  }
  return k + Math.floor((36 * delta) / (delta + 38));
}
