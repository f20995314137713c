import { intNumber } from "../number.ts";
import { bigintArgument, bytesArgument, encodeUtf8, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";
import { type Hash, md5, sha1 } from "./hashes.ts";
import { encodeHex } from "./hex.ts";

/** The package `uuid` (RFC 9562). */
const groups = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** Plain, `urn:uuid:…`, `{…}` or 32 digits. @throws BuiltinError */
function parseUuid(text: string): Uint8Array {
  const length = encodeUtf8(text).length;
  let plain: string;
  if (length === 36) plain = text;
  else if (length === 45) {
    if (!/^urn:uuid:/i.test(text)) throw new BuiltinError(`invalid urn prefix: ${JSON.stringify(text.slice(0, 9))}`);
    plain = text.slice(9);
  } else if (length === 38) {
    if (!text.startsWith("{") || !text.endsWith("}")) throw new BuiltinError("invalid bracketed UUID format");
    plain = text.slice(1, -1);
  } else if (length === 32) plain = text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  else throw new BuiltinError(`invalid UUID length: ${length}`);
  const digits = groups.exec(plain)?.slice(1).join("");
  if (digits === undefined) throw new BuiltinError("invalid UUID format");
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function formatUuid(bytes: Uint8Array): string {
  return encodeHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function fromInteger(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString(16);
  const length = Math.ceil(digits.length / 2);
  if (length > 16) throw new BuiltinError(`invalid UUID (got ${length} bytes)`);
  return formatUuid(parseUuid(digits.padStart(32, "0")));
}

const variants = { Invalid: 0, RFC4122: 1, Reserved: 2, Microsoft: 3, Future: 4 };

function variantOf(bytes: Uint8Array): number {
  const byte = bytes[8]!;
  if ((byte & 0xc0) === 0x80) return variants.RFC4122;
  if ((byte & 0xe0) === 0xc0) return variants.Microsoft;
  return (byte & 0xe0) === 0xe0 ? variants.Future : variants.Reserved;
}

/** A name within a name space, of version 3 or 5. */
function named(hash: Hash, version: 3 | 5): (args: readonly Native[]) => string {
  return (args) => {
    const space = parseUuid(textArgument(args, 0));
    const name = bytesArgument(args, 1);
    const data = new Uint8Array(16 + name.length);
    data.set(space);
    data.set(name, 16);
    const bytes = hash.digest(data).slice(0, 16);
    bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return formatUuid(bytes);
  };
}

function ofUuid(name: string, result: string, call: (bytes: Uint8Array) => Native): Builtin {
  return { name, params: ["string"], result, call: (args) => call(parseUuid(textArgument(args, 0))) };
}

const functions: readonly Builtin[] = [
  { ...ofUuid("Valid", "bool", () => true), validator: true },
  ofUuid("Parse", "string", formatUuid),
  ofUuid("URN", "string", (bytes) => `urn:uuid:${formatUuid(bytes)}`),
  { name: "FromInt", params: ["int"], result: "string", call: (args) => fromInteger(bigintArgument(args, 0)) },
  {
    name: "ToInt",
    params: ["string"],
    result: "int",
    // Of the text itself, as the reference has it, not of the number that it writes.
    call: (args) => intNumber(encodeUtf8(textArgument(args, 0)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)),
  },
  ofUuid("Variant", "int", (bytes) => intNumber(variantOf(bytes))),
  ofUuid("Version", "int", (bytes) => intNumber(bytes[6]! >> 4)),
  { name: "SHA1", params: ["string", "bytes | string"], result: "string", call: named(sha1, 5) },
  { name: "MD5", params: ["string", "bytes | string"], result: "string", call: named(md5, 3) },
];

const source = `{
	ns: {
		DNS:  "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
		URL:  "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
		OID:  "6ba7b812-9dad-11d1-80b4-00c04fd430c8"
		X500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8"
		Nil:  "00000000-0000-0000-0000-000000000000"
	}
	variants: {Invalid: 0, RFC4122: 1, Reserved: 2, Microsoft: 3, Future: 4}
}`;

export const uuidPackage: BuiltinPackage = { path: "uuid", functions, constants: {}, source };
