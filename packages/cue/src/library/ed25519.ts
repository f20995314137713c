import { sha512 } from "./hashes.ts";

/** Verification of Ed25519 signatures (RFC 8032), in plain arithmetic. */
const p = (1n << 255n) - 19n;
const order = (1n << 252n) + 27742317777372353535851937790883648493n;

function modulo(value: bigint, by = p): bigint {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = modulo(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function inverse(value: bigint): bigint {
  return power(value, p - 2n);
}

const d = modulo(-121665n * inverse(121666n));

/** A point in extended coordinates. */
type Point = readonly [x: bigint, y: bigint, z: bigint, t: bigint];

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = modulo((y1 - x1) * (y2 - x2));
  const b = modulo((y1 + x1) * (y2 + x2));
  const c = modulo(2n * t1 * t2 * d);
  const e = modulo(2n * z1 * z2);
  const [f, g, h, i] = [b - a, e - c, e + c, b + a];
  return [modulo(f * g), modulo(h * i), modulo(g * h), modulo(f * i)];
}

function multiply(point: Point, factor: bigint): Point {
  let result: Point = [0n, 1n, 1n, 0n];
  let double = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = add(result, double);
    double = add(double, double);
  }
  return result;
}

function equal([x1, y1, z1]: Point, [x2, y2, z2]: Point): boolean {
  return modulo(x1 * z2 - x2 * z1) === 0n && modulo(y1 * z2 - y2 * z1) === 0n;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function decompress(bytes: Uint8Array): Point | undefined {
  const encoded = littleEndian(bytes);
  const sign = encoded >> 255n;
  const y = encoded & ((1n << 255n) - 1n);
  const u = modulo(y * y - 1n);
  const v = modulo(d * y * y + 1n);
  let x = modulo(u * power(v, 3n) * power(u * power(v, 7n), (p - 5n) / 8n));
  if (modulo(v * x * x - u) !== 0n) x = modulo(x * power(2n, (p - 1n) / 4n));
  if (modulo(v * x * x - u) !== 0n) return undefined;
  if (x === 0n && sign === 1n) return undefined;
  if ((x & 1n) !== sign) x = p - x;
  return [x, modulo(y), 1n, modulo(x * y)];
}

function basePoint(): Point {
  const y = modulo(4n * inverse(5n));
  const bytes = new Uint8Array(32);
  for (let i = 0, rest = y; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return decompress(bytes)!;
}

/** Whether a signature of 64 bytes over a message belongs to a public key of 32 bytes. */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const a = decompress(key);
  const r = decompress(signature.slice(0, 32));
  const s = littleEndian(signature.slice(32));
  if (a === undefined || r === undefined || s >= order) return false;
  const text = new Uint8Array(64 + message.length);
  text.set(signature.slice(0, 32));
  text.set(key, 32);
  text.set(message, 64);
  const k = modulo(littleEndian(sha512.digest(text)), order);
  return equal(multiply(basePoint(), s), add(r, multiply(a, k)));
}
