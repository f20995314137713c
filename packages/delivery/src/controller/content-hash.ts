import { type JsonValue, canonicalJson } from "@lateen/base";

/** 16 hexadecimal digits that name a content: equal data, equal digits. Not for secrets. */
export function contentHash(value: JsonValue): string {
  return textHash(canonicalJson(value));
}

export function textHash(text: string): string {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 2_654_435_761);
    high = Math.imul(high ^ unit, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  const digits = (part: number): string => (part >>> 0).toString(16).padStart(8, "0");
  return digits(high) + digits(low);
}
