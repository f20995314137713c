import { type IpAddress, isV4, unmapped } from "./ip-address.ts";

/** Kinds of addresses, after the registries of RFC 6890 and RFC 4291. Mapped IPv4 addresses count as what they stand for. */
type Test = (bytes: readonly number[], v4: boolean) => boolean;

function classTest(test: Test): (address: IpAddress) => boolean {
  return (address) => {
    const plain = unmapped(address);
    return test(plain.bytes, isV4(plain));
  };
}

function isAll(bytes: readonly number[], value: number): boolean {
  return bytes.every((byte) => byte === value);
}

const loopback: Test = (bytes, v4) => (v4 ? bytes[0] === 127 : isAll(bytes.slice(0, 15), 0) && bytes[15] === 1);
const multicast: Test = (bytes, v4) => (v4 ? (bytes[0]! & 0xf0) === 0xe0 : bytes[0] === 0xff);
const linkLocal: Test = (bytes, v4) =>
  v4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;

export const isLoopback = classTest(loopback);
export const isMulticast = classTest(multicast);
export const isLinkLocalUnicast = classTest(linkLocal);
export const isInterfaceLocalMulticast = classTest((bytes, v4) => !v4 && bytes[0] === 0xff && (bytes[1]! & 0x0f) === 1);
export const isLinkLocalMulticast = classTest((bytes, v4) =>
  v4 ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0 : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 2,
);
export const isGlobalUnicast = classTest(
  (bytes, v4) =>
    !isAll(bytes, 0) &&
    !(v4 && isAll(bytes, 255)) &&
    !loopback(bytes, v4) &&
    !multicast(bytes, v4) &&
    !linkLocal(bytes, v4),
);

/** `0.0.0.0` and `::` themselves, not the mapped form. */
export function isUnspecified({ bytes, zone }: IpAddress): boolean {
  return isAll(bytes, 0) && zone === "";
}
