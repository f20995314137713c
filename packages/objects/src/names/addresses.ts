/** IP addresses and CIDR blocks as Go's net/netip reads and writes them. */

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const octet = /^\d{1,3}$/;

function parseV4(text: string, options: { readonly leadingZeros?: boolean } = {}): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!octet.test(part) || Number(part) > 255) return undefined;
    if (part.length > 1 && part.startsWith("0") && options.leadingZeros !== true) return undefined;
    value = (value << 8n) | BigInt(Number(part));
  }
  return value;
}

function parseV6(text: string, options: { readonly leadingZeros?: boolean } = {}): bigint | undefined {
  let body = text;
  let tail: string[] = [];
  if (body.includes(".")) {
    const at = body.lastIndexOf(":");
    const v4 = at < 0 ? undefined : parseV4(body.slice(at + 1), options);
    if (v4 === undefined) return undefined;
    tail = [(v4 >> 16n).toString(16), (v4 & 0xffffn).toString(16)];
    body = body.slice(0, at + 1);
    if (!body.endsWith("::")) body = body.slice(0, -1);
  }
  const halves = body.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string): string[] => (half === "" ? [] : half.split(":"));
  const head = groups(halves[0]!);
  const rest = [...(halves.length === 2 ? groups(halves[1]!) : []), ...tail];
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array.from({ length: missing }, () => "0"), ...rest]) {
    if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

/** An address without zone, or undefined. Leading zeros in IPv4 octets are refused unless `leadingZeros`. */
export function parseIp(text: string, options: { readonly leadingZeros?: boolean } = {}): IpAddress | undefined {
  const family = text.includes(":") ? 6 : 4;
  const value = family === 6 ? parseV6(text, options) : parseV4(text, options);
  return value === undefined ? undefined : { family, value };
}

export function isV4Mapped(ip: IpAddress): boolean {
  return ip.family === 6 && ip.value >> 32n === 0xffffn;
}

/** The canonical text (RFC 5952). */
export function formatIp(ip: IpAddress): string {
  if (ip.family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((ip.value >> shift) & 0xffn)).join(".");
  if (isV4Mapped(ip)) return `::ffff:${formatIp({ family: 4, value: ip.value & 0xffff_ffffn })}`;
  const groups = Array.from({ length: 8 }, (_, i) => (ip.value >> BigInt(112 - 16 * i)) & 0xffffn);
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0n) length++;
    if (length > best.length) best = { start: i, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}

export interface CidrBlock {
  readonly ip: IpAddress;
  readonly prefixLength: number;
}

export function parseCidr(text: string, options: { readonly leadingZeros?: boolean } = {}): CidrBlock | undefined {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return undefined;
  const ip = parseIp(text.slice(0, slash), options);
  const bits = text.slice(slash + 1);
  if (ip === undefined || !/^\d{1,3}$/.test(bits)) return undefined;
  if (bits.length > 1 && bits.startsWith("0") && options.leadingZeros !== true) return undefined;
  const prefixLength = Number(bits);
  return prefixLength > addressBits(ip) ? undefined : { ip, prefixLength };
}

export function addressBits(ip: IpAddress): 32 | 128 {
  return ip.family === 4 ? 32 : 128;
}

/** The block with the bits beyond the prefix cleared. */
export function maskedCidr({ ip, prefixLength }: CidrBlock): CidrBlock {
  const free = BigInt(addressBits(ip) - prefixLength);
  return { ip: { family: ip.family, value: (ip.value >> free) << free }, prefixLength };
}

export function formatCidr({ ip, prefixLength }: CidrBlock): string {
  return `${formatIp(ip)}/${prefixLength}`;
}
