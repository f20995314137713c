/** Lists of another length than is asked for. */
import type { ListLength } from "../eval/values.ts";
import type { Finding, Inquiry } from "./finding.ts";
import { posOf } from "./sources.ts";

export function explainLengths(
  { ranks }: Inquiry,
  { left, right }: { readonly left: ListLength; readonly right: ListLength },
): Finding {
  const lists = [left, right].toSorted((a, b) => {
    const [first, second] = [posOf(a.src), posOf(b.src)];
    return ranks.of(first) - ranks.of(second) || -ranks.compare(first, second);
  });
  const [given, asked] = lists as [ListLength, ListLength];
  const wanted = asked.isOpen ? `at least ${elements(asked.count)}` : elements(asked.count);
  return {
    help: `expected ${wanted}, found ${given.count}; a list that may go on ends in ...`,
    pos: posOf(given.src),
    places: [
      { pos: posOf(given.src), says: `${elements(given.count)} given here` },
      { pos: posOf(asked.src), says: `${elements(asked.count)} asked for here` },
    ],
  };
}

function elements(count: number): string {
  return count === 1 ? "1 element" : `${count} elements`;
}
