import {
  type CidrBlock,
  type IpAddress,
  type Quantity,
  type Version,
  addQuantities,
  compareQuantities,
  compareVersions,
  formatCidr,
  formatIp,
  isV4Mapped,
  maskedCidr,
  parseCidr,
  parseIp,
  parseQuantity,
  parseSemanticVersion,
  quantityNumber,
  quantityOf,
  quantityValue,
  subtractQuantities,
} from "@lateen/objects";
import { type CelType, boolType, doubleType, intType, listType, mapType, opaque, stringType } from "../types.ts";
import { CelError, CelOpaque, type CelValue, PlainList, PlainMap } from "../values.ts";
import { type Overload, fn, method, walksText } from "./function.ts";

/** Kubernetes' types: url, ip, cidr, quantity, semver (k8s.io/apiserver pkg/cel/library). */

const walk = { cost: walksText(0) };

/** Pairs `isX(text)` with `x(text)`, which fails where the first says no. */
function parsing<T>(
  names: { readonly is: string; readonly of: string },
  type: CelType,
  parse: (text: string) => CelOpaque<T> | undefined,
): Overload[] {
  return [
    fn(names.is, [stringType], boolType, (text: string) => parse(text) !== undefined, walk),
    fn(
      names.of,
      [stringType],
      type,
      (text: string) => {
        const value = parse(text);
        if (value === undefined) throw new CelError(`${names.of}: parse error of ${JSON.stringify(text)}`);
        return value;
      },
      walk,
    ),
  ];
}

interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

const urlShape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?@]*)@)?([^/?]*))?([^?]*)(?:\?(.*))?$/s;

/** What Go's url.ParseRequestURI takes (an absolute URL or path), read as url.Parse does, which knows fragments. */
function parseUrl(text: string): CelOpaque<Url> | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  if (text === "" || /[\x00-\x1f\x7f]/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text.split("?")[0]!)) return undefined;
  const [, scheme = "", , host = ""] = urlShape.exec(text) ?? [];
  if (scheme === "" && !text.startsWith("/")) return undefined;
  if (host !== "" && !/^(?:\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\]|[^[\]: "<>\\^`{|}]*)(?::\d*)?$/.test(host))
    return undefined;
  const [, , , shownHost = "", path = "", query = ""] = urlShape.exec(text.replace(/#.*$/s, "")) ?? [];
  return new CelOpaque("kubernetes.URL", { scheme: scheme.toLowerCase(), host: shownHost, path, query }, text);
}

/** As it stands when it is well escaped, else escaped anew. */
function escapedPath(path: string): string {
  if (/^[A-Za-z0-9\-_.~!$&'()*+,;=:@/[\]%]*$/.test(path)) return path;
  return encodeURIComponent(decodeText(path) ?? path).replaceAll(
    /%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g,
    decodeURIComponent,
  );
}

function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function queryOf(query: string): CelValue {
  const values = new Map<string, string[]>();
  for (const part of query.split("&")) {
    // Pairs that cannot be read are left out.
    if (part === "" || part.includes(";")) continue;
    const [name, ...rest] = part.split("=");
    const key = decodeText(name!.replaceAll("+", " "));
    const value = decodeText(rest.join("=").replaceAll("+", " "));
    if (key === undefined || value === undefined) continue;
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
  }
  return new PlainMap([...values].map(([key, list]) => [key, new PlainList(list)] as const));
}

const hostParts = (host: string): { name: string; port: string } => {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host);
  return { name: match?.[1] ?? match?.[2] ?? host, port: match?.[3] ?? "" };
};

const urlType = opaque("kubernetes.URL");
const urls: Overload[] = [
  ...parsing({ is: "isURL", of: "url" }, urlType, parseUrl),
  method("getScheme", [urlType], stringType, ({ value }: CelOpaque<Url>) => value.scheme),
  method("getHost", [urlType], stringType, ({ value }: CelOpaque<Url>) => value.host),
  method("getHostname", [urlType], stringType, ({ value }: CelOpaque<Url>) => hostParts(value.host).name),
  method("getPort", [urlType], stringType, ({ value }: CelOpaque<Url>) => hostParts(value.host).port),
  method("getEscapedPath", [urlType], stringType, ({ value }: CelOpaque<Url>) => escapedPath(value.path)),
  method("getQuery", [urlType], mapType(stringType, listType(stringType)), ({ value }: CelOpaque<Url>) =>
    queryOf(value.query),
  ),
];

function parseIpValue(text: string): CelOpaque<IpAddress> | undefined {
  const ip = parseIp(text);
  return ip === undefined || isV4Mapped(ip) ? undefined : ipValue(ip);
}

const ipValue = (ip: IpAddress): CelOpaque<IpAddress> => new CelOpaque("net.IP", ip, formatIp(ip));

const inRange = (text: string) => {
  const block = parseCidr(text)!;
  return ({ value }: CelOpaque<IpAddress>): boolean => contains(block, value);
};

function contains(block: CidrBlock, ip: IpAddress): boolean {
  return (
    block.ip.family === ip.family &&
    maskedCidr({ ip, prefixLength: block.prefixLength }).ip.value === maskedCidr(block).ip.value
  );
}

const either =
  (...checks: ((ip: CelOpaque<IpAddress>) => boolean)[]) =>
  (ip: CelOpaque<IpAddress>): boolean =>
    checks.some((check) => check(ip));

const isUnspecified = either(inRange("0.0.0.0/32"), inRange("::/128"));
const isLoopback = either(inRange("127.0.0.0/8"), inRange("::1/128"));
const isLinkLocalMulticast = either(inRange("224.0.0.0/24"), isScopedMulticast);
const isLinkLocalUnicast = either(inRange("169.254.0.0/16"), inRange("fe80::/10"));
const isMulticast = either(inRange("224.0.0.0/4"), inRange("ff00::/8"));
const isBroadcast = inRange("255.255.255.255/32");

/** ff02::/16, whatever its flags. */
function isScopedMulticast({ value }: CelOpaque<IpAddress>): boolean {
  return value.family === 6 && value.value >> 120n === 0xffn && ((value.value >> 112n) & 0xfn) === 2n;
}

const ipType = opaque("net.IP");
const cidrType = opaque("net.CIDR");
const ips: Overload[] = [
  ...parsing({ is: "isIP", of: "ip" }, ipType, parseIpValue),
  fn(
    "ip.isCanonical",
    [stringType],
    boolType,
    (text: string) => {
      const ip = parseIpValue(text);
      if (ip === undefined)
        throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
      return ip.key === text;
    },
    walk,
  ),
  method("family", [ipType], intType, ({ value }: CelOpaque<IpAddress>) => BigInt(value.family)),
  method("isUnspecified", [ipType], boolType, isUnspecified),
  method("isLoopback", [ipType], boolType, isLoopback),
  method("isLinkLocalMulticast", [ipType], boolType, isLinkLocalMulticast),
  method("isLinkLocalUnicast", [ipType], boolType, isLinkLocalUnicast),
  method(
    "isGlobalUnicast",
    [ipType],
    boolType,
    (ip: CelOpaque<IpAddress>) => !either(isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast)(ip),
  ),
  fn("string", [ipType], stringType, ({ key }: CelOpaque) => key),
];

function parseCidrValue(text: string): CelOpaque<CidrBlock> | undefined {
  const block = parseCidr(text);
  return block === undefined || isV4Mapped(block.ip) ? undefined : cidrValue(block);
}

const cidrValue = (block: CidrBlock): CelOpaque<CidrBlock> => new CelOpaque("net.CIDR", block, formatCidr(block));

function demand<T>(value: T | undefined, text: string, what: string): T {
  if (value === undefined)
    throw new CelError(`${what} ${JSON.stringify(text)} parse error during conversion from string`);
  return value;
}

function containsBlock(outer: CidrBlock, inner: CidrBlock): boolean {
  return inner.prefixLength >= outer.prefixLength && contains(outer, maskedCidr(inner).ip);
}

const cidrs: Overload[] = [
  ...parsing({ is: "isCIDR", of: "cidr" }, cidrType, parseCidrValue),
  method("containsIP", [cidrType, stringType], boolType, ({ value }: CelOpaque<CidrBlock>, text: string) =>
    contains(value, demand(parseIpValue(text), text, "IP Address").value),
  ),
  method("containsIP", [cidrType, ipType], boolType, ({ value }: CelOpaque<CidrBlock>, ip: CelOpaque<IpAddress>) =>
    contains(value, ip.value),
  ),
  method("containsCIDR", [cidrType, stringType], boolType, ({ value }: CelOpaque<CidrBlock>, text: string) =>
    containsBlock(value, demand(parseCidrValue(text), text, "network address").value),
  ),
  method(
    "containsCIDR",
    [cidrType, cidrType],
    boolType,
    ({ value }: CelOpaque<CidrBlock>, other: CelOpaque<CidrBlock>) => containsBlock(value, other.value),
  ),
  method("ip", [cidrType], ipType, ({ value }: CelOpaque<CidrBlock>) => ipValue(value.ip)),
  method("masked", [cidrType], cidrType, ({ value }: CelOpaque<CidrBlock>) => cidrValue(maskedCidr(value))),
  method("prefixLength", [cidrType], intType, ({ value }: CelOpaque<CidrBlock>) => BigInt(value.prefixLength)),
  fn("string", [cidrType], stringType, ({ key }: CelOpaque) => key),
];

function parseQuantityValue(text: string): CelOpaque<Quantity> | undefined {
  try {
    return quantityValueOf(parseQuantity(text));
  } catch {
    return undefined;
  }
}

function quantityValueOf(quantity: Quantity): CelOpaque<Quantity> {
  let { unscaled, scale } = quantity;
  while (unscaled !== 0n && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale++;
  }
  return new CelOpaque("kubernetes.Quantity", quantity, unscaled === 0n ? "0" : `${unscaled}e${scale}`);
}

type Q = CelOpaque<Quantity>;
const quantityType = opaque("kubernetes.Quantity");
const quantities: Overload[] = [
  ...parsing({ is: "isQuantity", of: "quantity" }, quantityType, parseQuantityValue),
  method("isInteger", [quantityType], boolType, ({ value }: Q) => value.isInt64),
  method("asInteger", [quantityType], intType, ({ value }: Q) => {
    if (!value.isInt64) throw new CelError("cannot convert value to integer");
    return quantityValue(value);
  }),
  method("asApproximateFloat", [quantityType], doubleType, ({ value }: Q) => quantityNumber(value)),
  // The library declares it as a function, not as a method.
  fn("sign", [quantityType], intType, ({ value }: Q) => (value.unscaled > 0n ? 1n : value.unscaled < 0n ? -1n : 0n)),
  method("isLessThan", [quantityType, quantityType], boolType, (x: Q, y: Q) => compareQuantities(x.value, y.value) < 0),
  method(
    "isGreaterThan",
    [quantityType, quantityType],
    boolType,
    (x: Q, y: Q) => compareQuantities(x.value, y.value) > 0,
  ),
  method("compareTo", [quantityType, quantityType], intType, (x: Q, y: Q) =>
    BigInt(compareQuantities(x.value, y.value)),
  ),
  method("add", [quantityType, quantityType], quantityType, (x: Q, y: Q) =>
    quantityValueOf(addQuantities(x.value, y.value)),
  ),
  method("add", [quantityType, intType], quantityType, (x: Q, y: bigint) =>
    quantityValueOf(addQuantities(x.value, quantityOf(y))),
  ),
  method("sub", [quantityType, quantityType], quantityType, (x: Q, y: Q) =>
    quantityValueOf(subtractQuantities(x.value, y.value)),
  ),
  method("sub", [quantityType, intType], quantityType, (x: Q, y: bigint) =>
    quantityValueOf(subtractQuantities(x.value, quantityOf(y))),
  ),
];

function parseSemver(text: string, normalize = false): CelOpaque<Version> | undefined {
  const given = normalize ? normalized(text) : text;
  if (!/^\d/.test(given) || given.trim() !== given) return undefined;
  try {
    const version = parseSemanticVersion(given);
    const key = `${version.components.join(".")}-${version.preRelease}`;
    return new CelOpaque("kubernetes.Semver", version, key);
  } catch {
    return undefined;
  }
}

/** Without a `v`, with three numbers, without zeros in front. */
function normalized(text: string): string {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)$/s.exec(text);
  if (match === null) return text;
  const numbers = [match[1], match[2], match[3]].map((part) => (part ?? "0").replace(/^0+(?=\d)/, ""));
  return `${numbers.join(".")}${match[4]}`;
}

function semverOf(text: string, normalize = false): CelOpaque<Version> {
  return demand(parseSemver(text, normalize), text, "semver");
}

type S = CelOpaque<Version>;
const semverType = opaque("kubernetes.Semver");
const semvers: Overload[] = [
  fn("isSemver", [stringType], boolType, (text: string) => parseSemver(text) !== undefined, walk),
  fn(
    "isSemver",
    [stringType, boolType],
    boolType,
    (text: string, normalize: boolean) => parseSemver(text, normalize) !== undefined,
    walk,
  ),
  fn("semver", [stringType], semverType, (text: string) => semverOf(text), walk),
  fn("semver", [stringType, boolType], semverType, semverOf, walk),
  ...["major", "minor", "patch"].map((name, i) =>
    method(name, [semverType], intType, ({ value }: S) => BigInt(value.components[i]!)),
  ),
  method("isLessThan", [semverType, semverType], boolType, (x: S, y: S) => compareVersions(x.value, y.value) < 0),
  method("isGreaterThan", [semverType, semverType], boolType, (x: S, y: S) => compareVersions(x.value, y.value) > 0),
  method("compareTo", [semverType, semverType], intType, (x: S, y: S) => BigInt(compareVersions(x.value, y.value))),
];

export const kubernetesLibrary: readonly Overload[] = [...urls, ...ips, ...cidrs, ...quantities, ...semvers];
