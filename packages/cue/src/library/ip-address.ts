import { BuiltinError } from "./builtin.ts";

/** An address of 4 or 16 bytes, one of 16 bytes with its zone. */
export interface IpAddress {
  readonly bytes: readonly number[];
  readonly zone: string;
}

export interface IpPrefix {
  readonly address: IpAddress;
  readonly bits: number;
}

function unable(text: string, reason = "unable to parse IP"): BuiltinError {
  return new BuiltinError(`ParseAddr(${JSON.stringify(text)}): ${reason}`);
}

/** @throws BuiltinError */
export function parseAddress(text: string): IpAddress {
  const kind = /[.:%]/.exec(text)?.[0];
  if (kind === ".") return { bytes: parseV4(text, text), zone: "" };
  if (kind === ":") return parseV6(text);
  throw kind === "%" ? unable(text, "missing IPv6 address") : unable(text);
}

function parseV4(text: string, whole: string): number[] {
  const fields = text.split(".");
  for (const field of fields) {
    if (!/^[0-9]+$/.test(field))
      throw unable(whole, field === "" ? "IPv4 field must have at least one digit" : "unexpected character");
    if (field.length > 1 && field.startsWith("0")) throw unable(whole, "IPv4 field has octet with leading zero");
    if (Number(field) > 255) throw unable(whole, "IPv4 field has value >255");
  }
  if (fields.length > 4) throw unable(whole, "IPv4 address too long");
  if (fields.length < 4) throw unable(whole, "IPv4 address too short");
  return fields.map(Number);
}

function parseV6(text: string): IpAddress {
  const percent = text.indexOf("%");
  const zone = percent < 0 ? "" : text.slice(percent + 1);
  if (percent >= 0 && zone === "") throw unable(text, "zone must be a non-empty string");
  const address = percent < 0 ? text : text.slice(0, percent);
  const halves = address.split("::");
  if (halves.length > 2) throw unable(text, "multiple :: in address");
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : groupBytes(half, text)));
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2)
    throw unable(text, missing < 0 ? "address string too long" : "address string too short");
  const zeros = Array.from({ length: missing }, () => 0);
  return { bytes: [...head, ...zeros, ...tail], zone };
}

function groupBytes(half: string, whole: string): number[] {
  const groups = half.split(":");
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (group.includes(".") && i === groups.length - 1) bytes.push(...parseV4(group, whole));
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else throw unable(whole, "each colon-separated field must have at least one digit");
  }
  return bytes;
}

/** @throws BuiltinError */
export function parsePrefix(text: string): IpPrefix {
  const fail = (reason: string): BuiltinError =>
    new BuiltinError(`netip.ParsePrefix(${JSON.stringify(text)}): ${reason}`);
  const slash = text.lastIndexOf("/");
  if (slash < 0) throw fail("no '/'");
  let address: IpAddress;
  try {
    address = parseAddress(text.slice(0, slash));
  } catch (error) {
    throw error instanceof BuiltinError ? fail(error.message) : error;
  }
  if (address.zone !== "") throw fail("IPv6 zones cannot be present in a prefix");
  const bits = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]*)$/.test(bits)) throw fail(`bad bits after slash: ${JSON.stringify(bits)}`);
  if (Number(bits) > address.bytes.length * 8) throw fail("prefix length out of range");
  return { address, bits: Number(bits) };
}

export function isV4({ bytes }: IpAddress): boolean {
  return bytes.length === 4;
}

/** An IPv4 address within IPv6, `::ffff:1.2.3.4`. */
function isMapped({ bytes }: IpAddress): boolean {
  return bytes.length === 16 && bytes.slice(0, 12).join() === "0,0,0,0,0,0,0,0,0,0,255,255";
}

/** A mapped address as the IPv4 address that it stands for, others as they are. */
export function unmapped(address: IpAddress): IpAddress {
  return isMapped(address) ? { bytes: address.bytes.slice(12), zone: "" } : address;
}

/** All 16 bytes, an IPv4 address mapped. */
export function sixteenBytes({ bytes }: IpAddress): readonly number[] {
  return bytes.length === 16 ? bytes : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes];
}

/** The canonical text: the longest run of zero groups left out, hexadecimal in lower case. */
export function formatAddress(address: IpAddress): string {
  const { bytes, zone } = address;
  if (bytes.length === 4) return bytes.join(".");
  const suffix = zone === "" ? "" : `%${zone}`;
  if (isMapped(address)) return `::ffff:${bytes.slice(12).join(".")}${suffix}`;
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const texts = groups.map((group) => group.toString(16));
  if (best.start < 0) return texts.join(":") + suffix;
  return `${texts.slice(0, best.start).join(":")}::${texts.slice(best.start + best.length).join(":")}${suffix}`;
}

export function formatPrefix({ address, bits }: IpPrefix): string {
  return `${formatAddress(address)}/${bits}`;
}

/** The mask of a prefix as bytes. */
export function maskOf({ address, bits }: IpPrefix): number[] {
  return address.bytes.map((_, i) => 255 & ~(255 >> Math.max(0, Math.min(8, bits - 8 * i))));
}

/** Whether an address lies within a prefix; IPv4 and IPv6 never mix. */
export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  if (address.zone !== "" || address.bytes.length !== prefix.address.bytes.length) return false;
  return maskOf(prefix).every((mask, i) => (address.bytes[i]! & mask) === (prefix.address.bytes[i]! & mask));
}

/** @throws BuiltinError when the sum leaves the range of such addresses. */
export function offsetAddress(address: IpAddress, offset: bigint): IpAddress {
  const size = address.bytes.length;
  const value = address.bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + offset;
  const outside = value < 0n ? "underflow" : value >= 1n << BigInt(8 * size) ? "overflow" : undefined;
  if (outside !== undefined)
    throw new BuiltinError(`IP address arithmetic resulted in out-of-range address (${outside})`);
  const bytes = Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 255n));
  return { bytes, zone: "" };
}

/** Shorter addresses first, then by value, then by zone. */
export function compareAddresses(left: IpAddress, right: IpAddress): -1 | 0 | 1 {
  if (left.bytes.length !== right.bytes.length) return left.bytes.length < right.bytes.length ? -1 : 1;
  for (const [i, byte] of left.bytes.entries()) if (byte !== right.bytes[i]) return byte < right.bytes[i]! ? -1 : 1;
  return left.zone === right.zone ? 0 : left.zone < right.zone ? -1 : 1;
}
