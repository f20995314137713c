import { formatNumber, intNumber, safeIntegerOf } from "../number.ts";
import { bigintArgument, decodeUtf8, isNumber, lazyArgument, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type LazyValue, type Native, BuiltinError } from "./builtin.ts";
import { isDomainName, splitHostPort } from "./host-name.ts";
import {
  type IpAddress,
  type IpPrefix,
  compareAddresses,
  formatAddress,
  formatPrefix,
  isV4,
  maskOf,
  offsetAddress,
  parseAddress,
  parsePrefix,
  prefixContains,
  sixteenBytes,
} from "./ip-address.ts";
import {
  isGlobalUnicast,
  isInterfaceLocalMulticast,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isLoopback,
  isMulticast,
  isUnspecified,
} from "./ip-class.ts";
import { type EscapeMode, checkUrl, escapeUrl, unescapeUrl } from "./url.ts";

/** The package `net`: addresses (as text, bytes of text, or lists of bytes), prefixes, hosts, URLs. */
type Args = readonly Native[];

function textOf(value: LazyValue): string | undefined {
  const scalar = value.scalar();
  if (typeof scalar === "string") return scalar;
  return scalar instanceof Uint8Array ? decodeUtf8(scalar) : undefined;
}

function addressOf(value: LazyValue): IpAddress {
  const text = textOf(value);
  if (text !== undefined) return parseAddress(text);
  const elements = value.elements();
  if (elements === undefined) throw new BuiltinError(`invalid type ${value.type} for IP address`);
  const bytes = elements.map(byteOf);
  if (bytes.length !== 4 && bytes.length !== 16) throw new BuiltinError(`invalid IP length ${bytes.length}`);
  return { bytes, zone: "" };
}

function integerOf(value: LazyValue): number {
  const scalar = value.scalar();
  if (!isNumber(scalar) || !scalar.isInt) {
    const message = `cannot use value ${value.text()} (type ${value.type}) as int`;
    throw new BuiltinError(message, value.isConcrete ? "eval" : "incomplete");
  }
  const integer = safeIntegerOf(scalar);
  if (integer === undefined) throw new BuiltinError(`${formatNumber(scalar)} is out of range`);
  return integer;
}

function byteOf(value: LazyValue): number {
  const byte = integerOf(value);
  if (byte < 0 || byte > 255) throw new BuiltinError(`invalid IP byte value ${byte}`);
  return byte;
}

function prefixOf(value: LazyValue): IpPrefix {
  const text = textOf(value);
  if (text === undefined) throw new BuiltinError(`invalid type ${value.type} for IP CIDR`);
  return parsePrefix(text);
}

function byteList(bytes: readonly number[]): Native {
  return bytes.map((byte) => intNumber(byte));
}

function joinHostPort(args: Args): string {
  const host = lazyArgument(args, 0);
  const port = lazyArgument(args, 1);
  const hostText = hostOf(host);
  const portText = textOf(port) ?? String(integerOf(port));
  return hostText.includes(":") ? `[${hostText}]:${portText}` : `${hostText}:${portText}`;
}

function hostOf(host: LazyValue): string {
  if (host.elements() !== undefined) {
    try {
      return formatAddress(addressOf(host));
    } catch (error) {
      throw error instanceof BuiltinError ? new BuiltinError(`invalid host ${host.text()}`) : error;
    }
  }
  const text = textOf(host);
  if (text === undefined) throw new BuiltinError(`cannot use value ${host.text()} (type ${host.type}) as string`);
  return text;
}

function parseIp(text: string): Native {
  try {
    return byteList(parseAddress(text).bytes);
  } catch (error) {
    throw error instanceof BuiltinError ? new BuiltinError(`invalid IP address ${JSON.stringify(text)}`) : error;
  }
}

function parseCidr(text: string): Native {
  const prefix = parsePrefix(text);
  const mask = maskOf(prefix);
  const network = prefix.address.bytes.map((byte, i) => byte & mask[i]!);
  const fields = new Map<string, Native>([
    ["prefix_mask", formatAddress({ bytes: mask, zone: "" })],
    ["prefix_len", intNumber(prefix.bits)],
    ["prefix_addr", formatAddress({ bytes: network, zone: "" })],
  ]);
  if (isV4(prefix.address)) fields.set("broadcast_addr", network.map((byte, i) => byte | (255 & ~mask[i]!)).join("."));
  return { kind: "struct", fields };
}

function addIp(args: Args): string {
  const value = lazyArgument(args, 0);
  const offset = bigintArgument(args, 1);
  const text = textOf(value);
  if (text?.includes("/")) {
    const { address, bits } = parsePrefix(text);
    return formatPrefix({ address: offsetAddress(address, offset), bits });
  }
  return formatAddress(offsetAddress(addressOf(value), offset));
}

function addIpCidr(args: Args): string {
  const { address, bits } = prefixOf(lazyArgument(args, 0));
  const step = BigInt(address.bytes.length * 8 - bits);
  return formatPrefix({ address: offsetAddress(address, bigintArgument(args, 1) << step), bits });
}

function addressTest(name: string, test: (address: IpAddress) => boolean): Builtin {
  return {
    name,
    params: ["top"],
    result: "bool",
    validator: true,
    call: (args) => test(addressOf(lazyArgument(args, 0))),
  };
}

function ofAddress(name: string, result: string, call: (address: IpAddress) => Native): Builtin {
  return { name, params: ["top"], result, call: (args) => call(addressOf(lazyArgument(args, 0))) };
}

function ofText(name: string, result: string, call: (text: string) => Native): Builtin {
  return {
    name,
    params: ["string"],
    result,
    ...(result === "bool" ? { validator: true } : {}),
    call: (args) => call(textArgument(args, 0)),
  };
}

function escaper(name: string, change: (text: string, mode: EscapeMode) => string, mode: EscapeMode): Builtin {
  return ofText(name, "string", (text) => change(text, mode));
}

const functions: readonly Builtin[] = [
  ofText("SplitHostPort", "list", splitHostPort),
  { name: "JoinHostPort", params: ["top", "top"], result: "string", call: joinHostPort },
  ofText("FQDN", "bool", isDomainName),
  ofText("ParseIP", "list", parseIp),
  addressTest("IPv4", isV4),
  addressTest("IPv6", (address) => !isV4(address)),
  addressTest("IP", () => true),
  {
    name: "IPCIDR",
    params: ["top"],
    result: "bool",
    validator: true,
    call(args) {
      prefixOf(lazyArgument(args, 0));
      return true;
    },
  },
  addressTest("LoopbackIP", isLoopback),
  addressTest("MulticastIP", isMulticast),
  addressTest("InterfaceLocalMulticastIP", isInterfaceLocalMulticast),
  addressTest("LinkLocalMulticastIP", isLinkLocalMulticast),
  addressTest("LinkLocalUnicastIP", isLinkLocalUnicast),
  addressTest("GlobalUnicastIP", isGlobalUnicast),
  addressTest("UnspecifiedIP", isUnspecified),
  ofAddress("ToIP4", "list", (address) => {
    if (!isV4(address)) throw new BuiltinError(`cannot convert ${JSON.stringify(formatAddress(address))} to IPv4`);
    return byteList(address.bytes);
  }),
  ofAddress("ToIP16", "list", (address) => byteList(sixteenBytes(address))),
  ofAddress("IPString", "string", formatAddress),
  { name: "AddIP", params: ["top", "int"], result: "string", call: addIp },
  { name: "AddIPCIDR", params: ["top", "int"], result: "string", call: addIpCidr },
  ofText("ParseCIDR", "struct", parseCidr),
  {
    name: "InCIDR",
    params: ["top", "top"],
    result: "bool",
    validator: true,
    call(args) {
      const address = addressOf(lazyArgument(args, 0));
      return prefixContains(prefixOf(lazyArgument(args, 1)), address);
    },
  },
  {
    name: "CompareIP",
    params: ["top", "top"],
    result: "int",
    call: (args) => intNumber(compareAddresses(addressOf(lazyArgument(args, 0)), addressOf(lazyArgument(args, 1)))),
  },
  escaper("PathEscape", escapeUrl, "path segment"),
  escaper("PathUnescape", unescapeUrl, "path segment"),
  escaper("QueryEscape", escapeUrl, "query component"),
  escaper("QueryUnescape", unescapeUrl, "query component"),
  ofText("URL", "bool", (text) => {
    checkUrl(text);
    return true;
  }),
  ofText("AbsURL", "bool", (text) => {
    if (checkUrl(text).scheme === "") throw new BuiltinError("URL is not absolute");
    return true;
  }),
];

export const netPackage: BuiltinPackage = {
  path: "net",
  functions,
  constants: { IPv4len: intNumber(4), IPv6len: intNumber(16) },
};
