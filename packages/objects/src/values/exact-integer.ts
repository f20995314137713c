const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** Refuses a document that holds such an integer. @throws RangeError. */
export function refuseInexactInteger(text: string | undefined): void {
  if (text !== undefined) throw inexactInteger(text);
}

function inexactInteger(integer: string): RangeError {
  return new RangeError(`the integer ${integer} is beyond 2^53 and cannot be kept exactly by this server`);
}

/**
 * Numbers are doubles here. What is no integer of 64 bits is one in Go as well; but an int64 that would come back as another
 * number is refused. @throws RangeError.
 */
export function requireExact(integer: bigint): number {
  const value = Number(integer);
  if (integer >= minInt64 && integer <= maxInt64 && BigInt(value) !== integer) throw inexactInteger(String(integer));
  return value;
}
