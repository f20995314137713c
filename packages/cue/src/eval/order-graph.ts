import { type Label, compareLabels } from "./label.ts";

/** Which fields precede which, and the order that follows from it. */
export class OrderGraph {
  readonly #next = new Map<Label, Set<Label>>();

  add(label: Label): void {
    if (!this.#next.has(label)) this.#next.set(label, new Set());
  }

  link(from: Label, to: Label): void {
    this.add(from);
    this.add(to);
    if (from !== to) this.#next.get(from)!.add(to);
  }

  /** Of the fields that may come next always the least label; those that precede each other in a circle by their labels. */
  sorted(): Label[] {
    const labels = [...this.#next.keys()];
    return sortedSimply(labels, this.#next) ?? inOrder(componentsOf(labels, this.#next), this.#next);
  }
}

type Edges = ReadonlyMap<Label, ReadonlySet<Label>>;

/** Of few fields that do not precede each other in a circle: always the least of those that nothing precedes. */
function sortedSimply(labels: readonly Label[], next: Edges): Label[] | undefined {
  if (labels.length > 24) return undefined;
  const waiting = new Map<Label, number>();
  for (const label of labels) waiting.set(label, 0);
  for (const targets of next.values()) for (const label of targets) waiting.set(label, waiting.get(label)! + 1);
  const sorted: Label[] = [];
  while (waiting.size > 0) {
    let least: Label | undefined;
    for (const [label, count] of waiting)
      if (count === 0 && (least === undefined || compareLabels(label, least) < 0)) least = label;
    if (least === undefined) return undefined;
    waiting.delete(least);
    sorted.push(least);
    for (const label of next.get(least)!) waiting.set(label, waiting.get(label)! - 1);
  }
  return sorted;
}

/** Fields that are to precede each other, by Tarjan's algorithm with a stack of its own. */
function componentsOf(labels: readonly Label[], next: Edges): Label[][] {
  const index = new Map<Label, number>();
  const low = new Map<Label, number>();
  const onStack = new Set<Label>();
  const stack: Label[] = [];
  const components: Label[][] = [];
  let count = 0;
  for (const root of labels) {
    if (index.has(root)) continue;
    const calls: { readonly label: Label; readonly next: Iterator<Label> }[] = [];
    const enter = (label: Label): void => {
      index.set(label, count);
      low.set(label, count);
      count++;
      stack.push(label);
      onStack.add(label);
      calls.push({ label, next: next.get(label)!.values() });
    };
    enter(root);
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { label } = call;
      const step = call.next.next();
      if (step.done !== true) {
        if (!index.has(step.value)) enter(step.value);
        else if (onStack.has(step.value)) low.set(label, Math.min(low.get(label)!, index.get(step.value)!));
        continue;
      }
      calls.pop();
      const outer = calls.at(-1);
      if (outer !== undefined) low.set(outer.label, Math.min(low.get(outer.label)!, low.get(label)!));
      if (low.get(label) !== index.get(label)) continue;
      const component: Label[] = [];
      for (;;) {
        const member = stack.pop()!;
        onStack.delete(member);
        component.push(member);
        if (member === label) break;
      }
      components.push(component);
    }
  }
  return components;
}

function inOrder(components: readonly (readonly Label[])[], next: Edges): Label[] {
  const of = new Map<Label, number>();
  components.forEach((component, i) => {
    for (const label of component) of.set(label, i);
  });
  const waiting = components.map(() => 0);
  const followers = components.map(() => new Set<number>());
  for (const [from, targets] of next) {
    for (const to of targets) {
      const [a, b] = [of.get(from)!, of.get(to)!];
      if (a === b || followers[a]!.has(b)) continue;
      followers[a]!.add(b);
      waiting[b]!++;
    }
  }
  const members = components.map((component) => component.toSorted(compareLabels));
  const key = members.map((component) => component[0]!);
  const ready: number[] = [];
  const compare = (a: number, b: number): number => compareLabels(key[a]!, key[b]!);
  waiting.forEach((count, i) => {
    if (count === 0) insertSorted(ready, i, { compare, from: 0 });
  });
  const result: Label[] = [];
  for (let at = 0; at < ready.length; at++) {
    const component = ready[at]!;
    result.push(...members[component]!);
    for (const follower of followers[component]!)
      if (--waiting[follower]! === 0) insertSorted(ready, follower, { compare, from: at + 1 });
  }
  return result;
}

/** Inserts into a list that is sorted from a place on. */
function insertSorted<T>(
  sorted: T[],
  item: T,
  { compare, from }: { readonly compare: (a: T, b: T) => number; readonly from: number },
): void {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle]!, item) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, item);
}
