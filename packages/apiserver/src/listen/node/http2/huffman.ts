/** The Huffman code of HPACK (RFC 7541, appendix B): canonical, so that the lengths of its codes say all. */

/** The symbols of each length, in order; 256 ends a text. */
const symbolsByLength: readonly (readonly [bits: number, symbols: string])[] = [
  [5, "48-50 97 99 101 105 111 115 116"],
  [6, "32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117"],
  [7, "58 66-87 89 106 107 113 118-122"],
  [8, "38 42 44 59 88 90"],
  [10, "33 34 40 41 63"],
  [11, "39 43 124"],
  [12, "35 62"],
  [13, "0 36 64 91 93 126"],
  [14, "94 125"],
  [15, "60 96 123"],
  [19, "92 195 208"],
  [20, "128 130 131 162 184 194 224 226"],
  [21, "153 161 167 172 176 177 179 209 216 217 227 229 230"],
  [22, "129 132-134 136 146 154 156 160 163 164 169 170 173 178 181 185-187 189 190 196 198 228 232 233"],
  [23, "1 135 137-141 143 147 149-152 155 157 158 165 166 168 174 175 180 182 183 188 191 197 231 239"],
  [24, "9 142 144 145 148 159 171 206 215 225 236 237"],
  [25, "199 207 234 235"],
  [26, "192 193 200-202 205 210 213 218 219 238 240 242 243 255"],
  [27, "203 204 211 212 214 221-223 241 244-248 250-254"],
  [28, "2-8 11 12 14-21 23-31 127 220 249"],
  [30, "10 13 22 256"],
];

const endOfText = 256;
const noEntry = -1;

/**
 * Tables of 256 entries, each for the next eight bits: `symbol << 4 | bits that it takes`, or `-2 - number of the table` that
 * goes on, or -1 where no code begins so.
 */
const tables: Int32Array[] = [];

function newTable(): number {
  tables.push(new Int32Array(256).fill(noEntry));
  return tables.length - 1;
}

function* symbolsOf(text: string): Generator<number> {
  for (const range of text.split(" ")) {
    const [first = 0, last = first] = range.split("-").map(Number);
    for (let symbol = first; symbol <= last; symbol++) yield symbol;
  }
}

function enter(symbol: number, code: number, bits: number): void {
  let table = 0;
  let left = bits;
  while (left > 8) {
    const index = (code >>> (left - 8)) & 0xff;
    const entry = tables[table]![index]!;
    if (entry === noEntry) {
      const next = newTable();
      tables[table]![index] = -2 - next;
      table = next;
    } else {
      table = -2 - entry;
    }
    left -= 8;
  }
  const first = (code << (8 - left)) & 0xff;
  tables[table]!.fill((symbol << 4) | left, first, first + (1 << (8 - left)));
}

function buildTables(): void {
  newTable();
  let code = 0;
  let length = 0;
  for (const [bits, symbols] of symbolsByLength) {
    code <<= bits - length;
    length = bits;
    for (const symbol of symbolsOf(symbols)) enter(symbol, code++, bits);
  }
}

let scratch = Buffer.allocUnsafe(4096);

/** The text of a coded string, a character for a byte; undefined when it is no code or is not ended as it must be. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (tables.length === 0) buildTables();
  // No code is shorter than five bits.
  const most = Math.ceil(((end - start) * 8) / 5);
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most * 2);
  const out = scratch;
  let length = 0;
  let table = tables[0]!;
  let held = 0;
  let heldBits = 0;
  // Bits of the code that has begun.
  let begun = 0;
  for (let at = start; at < end; at++) {
    held = ((held << 8) | bytes[at]!) & 0x7fff;
    heldBits += 8;
    begun += 8;
    while (heldBits >= 8) {
      const entry = table[(held >>> (heldBits - 8)) & 0xff]!;
      if (entry === noEntry) return undefined;
      if (entry < noEntry) {
        table = tables[-2 - entry]!;
        heldBits -= 8;
        continue;
      }
      if (entry >> 4 === endOfText) return undefined;
      out[length++] = entry >> 4;
      heldBits -= entry & 0xf;
      begun = heldBits;
      table = tables[0]!;
    }
  }
  while (heldBits > 0) {
    const entry = table[(held << (8 - heldBits)) & 0xff]!;
    if (entry < 0 || (entry & 0xf) > heldBits || entry >> 4 === endOfText) break;
    out[length++] = entry >> 4;
    heldBits -= entry & 0xf;
    begun = heldBits;
    table = tables[0]!;
  }
  // What is left over is the beginning of the end's code, all ones, of fewer than eight bits.
  if (begun > 7 || (held & ((1 << begun) - 1)) !== (1 << begun) - 1) return undefined;
  return out.toString("latin1", 0, length);
}
