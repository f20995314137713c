import { intNumber } from "../number.ts";
import { bytesArgument, encodeUtf8, intArgument, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, BuiltinError } from "./builtin.ts";

/** The package `encoding/hex`. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decodeHex(text: string): Uint8Array {
  const wrong = /[^0-9a-fA-F]/u.exec(text)?.[0];
  if (wrong !== undefined) {
    // Bytes are told one by one: of a character beyond ASCII the first.
    const byte = encodeUtf8(wrong)[0]!;
    const code = byte.toString(16).toUpperCase().padStart(4, "0");
    throw new BuiltinError(`encoding/hex: invalid byte: U+${code} '${String.fromCharCode(byte)}'`);
  }
  if (text.length % 2 === 1) throw new BuiltinError("encoding/hex: odd length hex string");
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** Lines of 16 bytes, as `hexdump -C` shows them. */
function dump(bytes: Uint8Array): string {
  let result = "";
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.slice(at, at + 16);
    const cells = Array.from({ length: 16 }, (_, i) => (i < line.length ? encodeHex(line.slice(i, i + 1)) : "  "));
    const shown = Array.from(line, (byte) => (byte < 0x20 || byte > 0x7e ? "." : String.fromCharCode(byte))).join("");
    const columns = `${cells.slice(0, 8).join(" ")}  ${cells.slice(8).join(" ")}`;
    result += `${at.toString(16).padStart(8, "0")}  ${columns}  |${shown}|\n`;
  }
  return result;
}

const functions: readonly Builtin[] = [
  {
    name: "EncodedLen",
    params: ["int"],
    result: "int",
    call: (args) => intNumber(intArgument(args, 0) * 2 + 0),
  },
  {
    name: "DecodedLen",
    params: ["int"],
    result: "int",
    call: (args) => intNumber(Math.trunc(intArgument(args, 0) / 2) + 0),
  },
  { name: "Decode", params: ["string"], result: "bytes | string", call: (args) => decodeHex(textArgument(args, 0)) },
  { name: "Dump", params: ["bytes | string"], result: "string", call: (args) => dump(bytesArgument(args, 0)) },
  { name: "Encode", params: ["bytes | string"], result: "string", call: (args) => encodeHex(bytesArgument(args, 0)) },
];

export const hexPackage: BuiltinPackage = { path: "encoding/hex", functions, constants: {} };
