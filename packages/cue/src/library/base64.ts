import { intNumber } from "../number.ts";
import { bytesArgument, intArgument, lazyArgument, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";

/** The package `encoding/base64`: the standard alphabet with padding; an encoding other than null is not known. */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const worths = new Map(Array.from(alphabet, (character, i) => [character.charCodeAt(0), i]));

export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const third = rest > 1 ? alphabet[(group >> 6) & 63]! : "=";
    const fourth = rest > 2 ? alphabet[group & 63]! : "=";
    parts.push(alphabet[group >> 18]!, alphabet[(group >> 12) & 63]!, third, fourth);
  }
  return parts.join("");
}

const paddingCode = 0x3d;

/** Line breaks are skipped, wherever they stand. @throws BuiltinError naming the first byte that does not belong. */
export function decodeBase64(text: string): Uint8Array {
  const out: number[] = [];
  let bits = 0;
  let count = 0;
  let offset = 0;
  const corrupt = (at: number): BuiltinError => new BuiltinError(`illegal base64 data at input byte ${at}`);
  const nextCode = (): number => {
    while (text[offset] === "\n" || text[offset] === "\r") offset++;
    return offset < text.length ? text.charCodeAt(offset) : -1;
  };
  for (let code = nextCode(); code >= 0; code = nextCode()) {
    const worth = worths.get(code);
    if (worth === undefined) {
      if (code !== paddingCode || count < 2) throw corrupt(offset);
      return finish();
    }
    bits = (bits << 6) | worth;
    offset++;
    if (++count < 4) continue;
    out.push(bits >> 16, (bits >> 8) & 255, bits & 255);
    bits = 0;
    count = 0;
  }
  if (count > 0) throw corrupt(offset - count);
  return Uint8Array.from(out);

  function finish(): Uint8Array {
    offset++;
    if (count === 2) {
      if (nextCode() !== paddingCode) throw corrupt(offset >= text.length ? text.length : offset);
      offset++;
    }
    if (nextCode() >= 0) throw corrupt(offset);
    if (count === 2) out.push((bits >> 4) & 255);
    else out.push((bits >> 10) & 255, (bits >> 2) & 255);
    return Uint8Array.from(out);
  }
}

function checkEncoding(args: readonly Native[]): void {
  const encoding = lazyArgument(args, 0);
  if (encoding.scalar() === null) return;
  const found = `cannot use value ${encoding.text()} (type ${encoding.type}) as null`;
  throw new BuiltinError(`base64: unsupported encoding: ${found}`);
}

const functions: readonly Builtin[] = [
  {
    name: "EncodedLen",
    params: ["top", "int"],
    result: "int",
    call(args) {
      checkEncoding(args);
      return intNumber(Math.trunc((intArgument(args, 1) + 2) / 3) * 4 + 0);
    },
  },
  {
    name: "DecodedLen",
    params: ["top", "int"],
    result: "int",
    call(args) {
      checkEncoding(args);
      return intNumber(Math.trunc(intArgument(args, 1) / 4) * 3 + 0);
    },
  },
  {
    name: "Encode",
    params: ["top", "bytes | string"],
    result: "string",
    call(args) {
      checkEncoding(args);
      return encodeBase64(bytesArgument(args, 1));
    },
  },
  {
    name: "Decode",
    params: ["top", "string"],
    result: "bytes | string",
    call(args) {
      checkEncoding(args);
      return decodeBase64(textArgument(args, 1));
    },
  },
];

export const base64Package: BuiltinPackage = { path: "encoding/base64", functions, constants: {} };
