/**
 * MD5 (RFC 1321), SHA-1 and the SHA-2 family (FIPS 180-4) of byte texts, in plain arithmetic so that they are the same
 * everywhere. The constants are computed as the standards define them. Not hardened against timing: templates only.
 */
export interface Hash {
  /** Length of a block that HMAC pads its key to. */
  readonly blockSize: number;
  digest(data: Uint8Array): Uint8Array;
}

/** The data, a bit, zeros and the length in bits, in whole blocks. */
function padded(data: Uint8Array, blockSize: number, lengthOrder: "big" | "little"): Uint8Array {
  const lengthSize = blockSize / 8;
  const blocks = Math.ceil((data.length + 1 + lengthSize) / blockSize);
  const result = new Uint8Array(blocks * blockSize);
  result.set(data);
  result[data.length] = 0x80;
  const view = new DataView(result.buffer);
  view.setBigUint64(result.length - 8, BigInt(data.length) * 8n, lengthOrder === "little");
  return result;
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function rotateRight(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

const md5Shifts = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

export const md5: Hash = {
  blockSize: 64,
  digest(data) {
    const input = padded(data, 64, "little");
    const words = new DataView(input.buffer);
    const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
    for (let offset = 0; offset < input.length; offset += 64) md5Block(state, words, offset);
    const output = new DataView(new ArrayBuffer(16));
    state.forEach((word, i) => output.setUint32(4 * i, word, true));
    return new Uint8Array(output.buffer);
  },
};

function md5Block(state: number[], words: DataView, offset: number): void {
  let [a, b, c, d] = state as [number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const mix = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round]!;
    const index = [i, 5 * i + 1, 3 * i + 5, 7 * i][round]! % 16;
    const constant = Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))) | 0;
    const sum = (a + mix + constant + words.getUint32(offset + 4 * index, true)) | 0;
    [a, d, c, b] = [d, c, b, (b + rotateLeft(sum, md5Shifts[round]![i % 4]!)) | 0];
  }
  [a, b, c, d].forEach((word, i) => {
    state[i] = (state[i]! + word) | 0;
  });
}

export const sha1: Hash = {
  blockSize: 64,
  digest(data) {
    const input = padded(data, 64, "big");
    const words = new DataView(input.buffer);
    const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
    for (let offset = 0; offset < input.length; offset += 64) sha1Block(state, words, offset);
    const output = new DataView(new ArrayBuffer(20));
    state.forEach((word, i) => output.setUint32(4 * i, word));
    return new Uint8Array(output.buffer);
  },
};

const sha1Constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

function sha1Block(state: number[], words: DataView, offset: number): void {
  const w = Array.from({ length: 16 }, (_, i) => words.getInt32(offset + 4 * i));
  for (let i = 16; i < 80; i++) w.push(rotateLeft(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1));
  let [a, b, c, d, e] = state as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    const round = Math.floor(i / 20);
    const mix = round === 0 ? (b & c) | (~b & d) : round === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    const sum = (rotateLeft(a, 5) + mix + e + sha1Constants[round]! + w[i]!) | 0;
    [e, d, c, b, a] = [d, c, rotateLeft(b, 30), a, sum];
  }
  [a, b, c, d, e].forEach((word, i) => {
    state[i] = (state[i]! + word) | 0;
  });
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

/** The first 64 bits after the point of a root of a prime. */
function rootFraction(prime: number, degree: 2 | 3): bigint {
  const scaled = BigInt(prime) << BigInt(64 * degree);
  let low = 0n;
  let high = 1n << 72n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= scaled) low = middle;
    else high = middle;
  }
  return BigInt.asUintN(64, low);
}

interface Sha2Constants {
  readonly rounds: readonly bigint[];
  readonly firstRoots: readonly bigint[];
  readonly nextRoots: readonly bigint[];
}

let sha2Constants: Sha2Constants | undefined;

function constantsOfSha2(): Sha2Constants {
  const primes = firstPrimes(80);
  return (sha2Constants ??= {
    rounds: primes.map((prime) => rootFraction(prime, 3)),
    firstRoots: primes.slice(0, 8).map((prime) => rootFraction(prime, 2)),
    nextRoots: primes.slice(8, 16).map((prime) => rootFraction(prime, 2)),
  });
}

function sha256Family(size: number, initial: () => readonly number[]): Hash {
  return {
    blockSize: 64,
    digest(data) {
      const input = padded(data, 64, "big");
      const words = new DataView(input.buffer);
      const rounds = constantsOfSha2()
        .rounds.slice(0, 64)
        .map((value) => Number(value >> 32n) | 0);
      const state = [...initial()];
      for (let offset = 0; offset < input.length; offset += 64) sha256Block(state, { words, offset, rounds });
      const output = new DataView(new ArrayBuffer(32));
      state.forEach((word, i) => output.setUint32(4 * i, word));
      return new Uint8Array(output.buffer).slice(0, size);
    },
  };
}

function sha256Block(
  state: number[],
  { words, offset, rounds }: { readonly words: DataView; readonly offset: number; readonly rounds: readonly number[] },
): void {
  const w = Array.from({ length: 16 }, (_, i) => words.getInt32(offset + 4 * i));
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const small = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3);
    const large = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10);
    w.push((w[i - 16]! + small + w[i - 7]! + large) | 0);
  }
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const sigmaE = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const first = (h + sigmaE + ((e & f) ^ (~e & g)) + rounds[i]! + w[i]!) | 0;
    const sigmaA = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const second = (sigmaA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = (state[i]! + word) | 0;
  });
}

function sha512Family(size: number, initial: () => readonly bigint[]): Hash {
  return {
    blockSize: 128,
    digest(data) {
      const input = padded(data, 128, "big");
      const words = new DataView(input.buffer);
      const state = [...initial()];
      for (let offset = 0; offset < input.length; offset += 128) sha512Block(state, words, offset);
      const output = new DataView(new ArrayBuffer(64));
      state.forEach((word, i) => output.setBigUint64(8 * i, word));
      return new Uint8Array(output.buffer).slice(0, size);
    },
  };
}

function rotateRight64(value: bigint, by: bigint): bigint {
  return BigInt.asUintN(64, (value >> by) | (value << (64n - by)));
}

function sha512Block(state: bigint[], words: DataView, offset: number): void {
  const { rounds } = constantsOfSha2();
  const w = Array.from({ length: 16 }, (_, i) => words.getBigUint64(offset + 8 * i));
  for (let i = 16; i < 80; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const small = rotateRight64(x, 1n) ^ rotateRight64(x, 8n) ^ (x >> 7n);
    const large = rotateRight64(y, 19n) ^ rotateRight64(y, 61n) ^ (y >> 6n);
    w.push(BigInt.asUintN(64, w[i - 16]! + small + w[i - 7]! + large));
  }
  let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  for (let i = 0; i < 80; i++) {
    const sigmaE = rotateRight64(e, 14n) ^ rotateRight64(e, 18n) ^ rotateRight64(e, 41n);
    const choice = (e & f) ^ (BigInt.asUintN(64, ~e) & g);
    const first = h + sigmaE + choice + rounds[i]! + w[i]!;
    const sigmaA = rotateRight64(a, 28n) ^ rotateRight64(a, 34n) ^ rotateRight64(a, 39n);
    const second = sigmaA + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e] = [g, f, e, BigInt.asUintN(64, d + first)];
    [d, c, b, a] = [c, b, a, BigInt.asUintN(64, first + second)];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = BigInt.asUintN(64, state[i]! + word);
  });
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The initial values of a truncated SHA-512: the hash of its name under changed initial values. */
function truncatedInitial(name: string): readonly bigint[] {
  const changed = constantsOfSha2().firstRoots.map((value) => value ^ 0xa5a5a5a5a5a5a5a5n);
  const digest = new DataView(sha512Family(64, () => changed).digest(ascii(name)).buffer);
  return Array.from({ length: 8 }, (_, i) => digest.getBigUint64(8 * i));
}

export const sha256 = sha256Family(32, () => constantsOfSha2().firstRoots.map((value) => Number(value >> 32n) | 0));
export const sha224 = sha256Family(28, () =>
  constantsOfSha2().nextRoots.map((value) => Number(value & 0xffffffffn) | 0),
);
export const sha512 = sha512Family(64, () => constantsOfSha2().firstRoots);
export const sha384 = sha512Family(48, () => constantsOfSha2().nextRoots);
export const sha512Short224 = sha512Family(28, () => truncatedInitial("SHA-512/224"));
export const sha512Short256 = sha512Family(32, () => truncatedInitial("SHA-512/256"));

/** The keyed digest of RFC 2104. */
export function hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = new Uint8Array(hash.blockSize);
  block.set(key.length > hash.blockSize ? hash.digest(key) : key);
  const inner = hash.digest(
    joined(
      block.map((byte) => byte ^ 0x36),
      data,
    ),
  );
  return hash.digest(
    joined(
      block.map((byte) => byte ^ 0x5c),
      inner,
    ),
  );
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const result = new Uint8Array(left.length + right.length);
  result.set(left);
  result.set(right, left.length);
  return result;
}
