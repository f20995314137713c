/**
 * Names that nothing else bears: the wanted one, else it with a number behind. Small numbers come first, then drawn ones,
 * from a generator that always starts alike: one program gives one text (the reference's, so that texts can be compared).
 */
export class UniqueNames {
  readonly #taken = new Set<string>();
  readonly #draw = generator(123n, 456n);

  take(name: string): void {
    this.#taken.add(name);
  }

  /** The name itself if it is free. */
  of(name: string): string {
    if (this.#claim(name)) return name;
    for (let i = 1; i < 5; i++) {
      const numbered = `${name}_${i}`;
      if (this.#claim(numbered)) return numbered;
    }
    for (let bound = 16, digits = 1; ; bound *= 16, digits++) {
      const drawn = `${name}_${hex(this.#draw(bound - 1) + 1).padStart(digits, "0")}`;
      if (this.#claim(drawn)) return drawn;
    }
  }

  /** Another name, also where the name itself is free. */
  other(name: string): string {
    for (let bound = 16; ; bound *= 16) {
      const drawn = `${name}_${hex(this.#draw(bound))}`;
      if (this.#claim(drawn)) return drawn;
    }
  }

  #claim(name: string): boolean {
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    return true;
  }
}

function hex(value: number): string {
  return value.toString(16).toUpperCase();
}

const word = (1n << 64n) - 1n;
const state = (1n << 128n) - 1n;
const factor = (2549297995355413924n << 64n) + 4865540595714422341n;
const increment = (6364136223846793005n << 64n) + 1442695040888963407n;

/** Whole numbers below a bound, evenly: PCG of 128 bits with the DXSM output function. */
function generator(high: bigint, low: bigint): (bound: number) => number {
  let at = (high << 64n) | low;
  const next = (): bigint => {
    at = (at * factor + increment) & state;
    let top = at >> 64n;
    const bottom = at & word;
    top ^= top >> 32n;
    top = (top * 0xda942042e4dd58b5n) & word;
    top ^= top >> 48n;
    return (top * (bottom | 1n)) & word;
  };
  return (bound) => {
    if ((bound & (bound - 1)) === 0) return Number(next() & BigInt(bound - 1));
    const wide = BigInt(bound);
    let product = (next() >> 32n) * wide;
    const least = (1n << 32n) % wide;
    while ((product & 0xffffffffn) < least) product = (next() >> 32n) * wide;
    return Number(product >> 32n);
  };
}
