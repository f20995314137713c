import { intNumber } from "../number.ts";
import { bytesArgument, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";
import { verifyEd25519 } from "./ed25519.ts";
import {
  type Hash,
  hmac,
  md5,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  sha512Short224,
  sha512Short256,
} from "./hashes.ts";

/** The packages `crypto/…`: digests, keyed digests, and the check of Ed25519 signatures. */
const text = "bytes | string";

function sum(name: string, hash: Hash): Builtin {
  return {
    name,
    params: [text],
    result: text,
    call(args, context) {
      const data = bytesArgument(args, 0);
      context.spend(1 + data.length / hash.blockSize);
      return hash.digest(data);
    },
  };
}

function sizes(values: Readonly<Record<string, number>>): Readonly<Record<string, Native>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, intNumber(value)]));
}

const hashes: Readonly<Record<string, Hash>> = {
  MD5: md5,
  SHA1: sha1,
  SHA224: sha224,
  SHA256: sha256,
  SHA384: sha384,
  SHA512: sha512,
  SHA512_224: sha512Short224,
  SHA512_256: sha512Short256,
};

const sign: Builtin = {
  name: "Sign",
  params: ["string", text, text],
  result: text,
  call(args, context) {
    const name = textArgument(args, 0);
    if (!Object.hasOwn(hashes, name)) throw new BuiltinError("unsupported hash function");
    const data = bytesArgument(args, 2);
    context.spend(4 + data.length / 64);
    return hmac(hashes[name]!, bytesArgument(args, 1), data);
  },
};

const valid: Builtin = {
  name: "Valid",
  params: [text, text, text],
  result: "bool",
  validator: true,
  call(args, context) {
    const key = bytesArgument(args, 0);
    if (key.length !== 32) throw new BuiltinError("ed25519: publicKey must be 32 bytes");
    context.spend(10_000);
    return verifyEd25519(key, bytesArgument(args, 1), bytesArgument(args, 2));
  },
};

export const cryptoPackages: readonly BuiltinPackage[] = [
  { path: "crypto/md5", functions: [sum("Sum", md5)], constants: sizes({ Size: 16, BlockSize: 64 }) },
  { path: "crypto/sha1", functions: [sum("Sum", sha1)], constants: sizes({ Size: 20, BlockSize: 64 }) },
  {
    path: "crypto/sha256",
    functions: [sum("Sum256", sha256), sum("Sum224", sha224)],
    constants: sizes({ Size: 32, Size224: 28, BlockSize: 64 }),
  },
  {
    path: "crypto/sha512",
    functions: [
      sum("Sum512", sha512),
      sum("Sum384", sha384),
      sum("Sum512_224", sha512Short224),
      sum("Sum512_256", sha512Short256),
    ],
    constants: sizes({ Size: 64, Size224: 28, Size256: 32, Size384: 48, BlockSize: 128 }),
  },
  {
    path: "crypto/hmac",
    functions: [sign],
    constants: Object.fromEntries(Object.keys(hashes).map((name) => [name, name])),
  },
  { path: "crypto/ed25519", functions: [valid], constants: sizes({ PublicKeySize: 32 }) },
];
