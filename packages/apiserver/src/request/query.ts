import { badRequest } from "../status/errors.ts";

/** Query parameters, in their order; unknown ones are ignored by whoever reads them. */
export class Query {
  readonly #values = new Map<string, string[]>();

  constructor(text: string) {
    for (const part of text.split("&")) {
      if (part === "") continue;
      const equals = part.indexOf("=");
      const name = decodeQuery(equals < 0 ? part : part.slice(0, equals));
      const value = equals < 0 ? "" : decodeQuery(part.slice(equals + 1));
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [value]);
      else values.push(value);
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Only `false` (in any case) and `0` are false; every other value, the empty one included, is true. */
  flag(name: string): boolean {
    const value = this.get(name);
    return value !== undefined && value !== "0" && value.toLowerCase() !== "false";
  }

  /** @throws BadRequest in the words of Go's strconv. */
  integer(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined || value === "") return undefined;
    if (!/^[+-]?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    const number = Number(value);
    if (Math.abs(number) > Number.MAX_SAFE_INTEGER) {
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
    }
    return number;
  }
}

function decodeQuery(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
