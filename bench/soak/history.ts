/** What happened to one counter, and whether one counter at all could have done that. */
export interface History {
  readonly name: string;
  /** Increments whose answer came: value after it and revision, in the order of their answers. */
  readonly acknowledged: {
    readonly value: number;
    readonly revision: number;
    readonly begunMs: number;
    readonly endedMs: number;
  }[];
  /** Values of increments that were sent and never answered: they may have happened. */
  readonly unknown: Set<number>;
  readonly reads: { readonly value: number; readonly begunMs: number; readonly endedMs: number }[];
  /** Values in the order in which each watcher was told. */
  readonly watched: Map<string, { readonly value: number; readonly revision: number }[]>;
}

export function newHistory(name: string): History {
  return { name, acknowledged: [], unknown: new Set(), reads: [], watched: new Map() };
}

/**
 * What is wrong with a history, in sentences; nothing when it is linearizable. A counter that only increments by compare and
 * swap makes this simple: every value is made once, a read must show at least what was answered before it began, and at most
 * what was sent before it ended.
 */
export function faultsOf(history: History, final: number): string[] {
  const { name, acknowledged, unknown, reads, watched } = history;
  const faults: string[] = [];
  const values = new Set<number>();
  for (const { value } of acknowledged) {
    if (values.has(value)) faults.push(`${name}: ${value} was acknowledged twice`);
    values.add(value);
  }
  const highest = Math.max(0, ...values);
  if (final < highest) faults.push(`${name}: it is at ${final}, but ${highest} was acknowledged`);
  for (let value = 1; value <= final; value++) {
    if (!values.has(value) && !unknown.has(value)) faults.push(`${name}: ${value} was made by nobody`);
  }
  const byValue = acknowledged.toSorted((a, b) => a.value - b.value);
  for (const [i, { value, revision, begunMs }] of byValue.entries()) {
    const before = byValue[i - 1];
    if (before === undefined) continue;
    if (before.revision >= revision)
      faults.push(`${name}: ${value} has revision ${revision}, ${before.value} has ${before.revision}`);
    if (acknowledged.some((other) => other.value > value && other.endedMs < begunMs))
      faults.push(`${name}: ${value} began after a later value was answered`);
  }
  for (const { value, begunMs, endedMs } of reads) {
    const least = Math.max(0, ...acknowledged.filter((write) => write.endedMs < begunMs).map((write) => write.value));
    if (value < least) faults.push(`${name}: a read shows ${value} after ${least} was acknowledged`);
    const write = acknowledged.find((one) => one.value === value);
    if (write !== undefined && write.begunMs > endedMs)
      faults.push(`${name}: a read shows ${value} before it was sent`);
  }
  for (const [watcher, seen] of watched) faults.push(...watchFaults(`${name}, watcher ${watcher}`, seen, final));
  return faults;
}

function watchFaults(
  who: string,
  seen: readonly { readonly value: number; readonly revision: number }[],
  final: number,
): string[] {
  const faults: string[] = [];
  for (const [i, { value, revision }] of seen.entries()) {
    const before = seen[i - 1];
    if (before === undefined) continue;
    if (value !== before.value + 1) faults.push(`${who}: ${before.value} is followed by ${value}`);
    if (revision <= before.revision) faults.push(`${who}: revision ${before.revision} is followed by ${revision}`);
  }
  const last = seen.at(-1)?.value;
  if (last !== final) faults.push(`${who}: the last value told is ${String(last)}, it is at ${final}`);
  return faults;
}
