const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** Refuses a document that holds such an integer. @throws RangeError. */
export function refuseInexactInteger(integer: string | undefined): void {
  if (integer !== undefined) throw new RangeError(inexactIntegerMessage(integer));
}

/** The text for people, in whatever error the caller throws. */
export function inexactIntegerMessage(integer: string): string {
  return `the integer ${integer} is beyond 2^53 and cannot be kept exactly by this server`;
}

/**
 * Whether a number cannot hold the integer. Numbers are doubles here. What is no integer of 64 bits is one in Go as well; but an
 * int64 that would come back as another number is refused.
 */
export function isInexactInteger(integer: bigint): boolean {
  return integer >= minInt64 && integer <= maxInt64 && BigInt(Number(integer)) !== integer;
}
