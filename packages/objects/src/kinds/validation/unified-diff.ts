/**
 * A unified diff as the API server writes it (go-difflib, a port of Python's difflib): longest common runs first, lines that
 * are too frequent are no anchors, three lines of context, no file names.
 */
export function unifiedDiff(before: string, after: string): string {
  const a = linesOf(before);
  const b = linesOf(after);
  if (a.length > maxLines || b.length > maxLines) return "";
  return groupsOf(opcodesOf(a, b))
    .map((group) => hunk(group, a, b))
    .join("");
}

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** `a[aFrom, aTo)` becomes `b[bFrom, bTo)`. */
interface Opcode {
  readonly same: boolean;
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

const context = 3;

/** The work grows with the square of the lines; of longer texts the difference is left out. */
const maxLines = 2000;

function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => `${line}\n`);
}

/** Where each line is in `b`, without lines that are in more than a hundredth of a long text. */
function anchorsOf(b: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const anchors = new Map<string, number[]>();
  for (const [index, line] of b.entries()) {
    const places = anchors.get(line);
    if (places === undefined) anchors.set(line, [index]);
    else places.push(index);
  }
  const most = b.length < 200 ? Number.POSITIVE_INFINITY : Math.floor(b.length / 100) + 1;
  for (const [line, places] of anchors) if (places.length > most) anchors.delete(line);
  return anchors;
}

interface Range {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

class Matcher {
  private readonly a: readonly string[];
  private readonly b: readonly string[];
  private readonly anchors: ReadonlyMap<string, readonly number[]>;

  constructor(a: readonly string[], b: readonly string[]) {
    this.a = a;
    this.b = b;
    this.anchors = anchorsOf(b);
  }

  blocks(range: Range): readonly Block[] {
    const best = this.longest(range);
    if (best.size === 0) return [];
    const { aFrom, aTo, bFrom, bTo } = range;
    return [
      ...this.blocks({ aFrom, aTo: best.a, bFrom, bTo: best.b }),
      best,
      ...this.blocks({ aFrom: best.a + best.size, aTo, bFrom: best.b + best.size, bTo }),
    ];
  }

  private longest({ aFrom, aTo, bFrom, bTo }: Range): Block {
    let best: Block = { a: aFrom, b: bFrom, size: 0 };
    let lengths = new Map<number, number>();
    for (let i = aFrom; i < aTo; i++) {
      const next = new Map<number, number>();
      for (const j of this.anchors.get(this.a[i] ?? "") ?? []) {
        if (j < bFrom || j >= bTo) continue;
        const size = (lengths.get(j - 1) ?? 0) + 1;
        next.set(j, size);
        if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
      }
      lengths = next;
    }
    let { a, b, size } = best;
    for (; a > aFrom && b > bFrom && this.a[a - 1] === this.b[b - 1]; size++) {
      a--;
      b--;
    }
    while (a + size < aTo && b + size < bTo && this.a[a + size] === this.b[b + size]) size++;
    return { a, b, size };
  }
}

function opcodesOf(a: readonly string[], b: readonly string[]): readonly Opcode[] {
  const blocks = new Matcher(a, b).blocks({ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length });
  const opcodes: Opcode[] = [];
  let [i, j] = [0, 0];
  for (const block of [...blocks, { a: a.length, b: b.length, size: 0 }]) {
    if (i < block.a || j < block.b) opcodes.push({ same: false, aFrom: i, aTo: block.a, bFrom: j, bTo: block.b });
    i = block.a + block.size;
    j = block.b + block.size;
    const last = opcodes.at(-1);
    if (block.size === 0) continue;
    if (last?.same === true) opcodes[opcodes.length - 1] = { ...last, aTo: i, bTo: j };
    else opcodes.push({ same: true, aFrom: block.a, aTo: i, bFrom: block.b, bTo: j });
  }
  return opcodes;
}

/** Changes with their context; far from each other they are groups of their own. */
function groupsOf(opcodes: readonly Opcode[]): readonly (readonly Opcode[])[] {
  const groups: Opcode[][] = [];
  let group: Opcode[] = [];
  for (const [index, code] of opcodes.entries()) {
    if (!code.same) {
      group.push(code);
      continue;
    }
    const [isFirst, isLast] = [index === 0, index === opcodes.length - 1];
    const size = code.aTo - code.aFrom;
    const head = {
      ...code,
      aTo: Math.min(code.aTo, code.aFrom + context),
      bTo: Math.min(code.bTo, code.bFrom + context),
    };
    const tail = {
      ...code,
      aFrom: Math.max(code.aFrom, code.aTo - context),
      bFrom: Math.max(code.bFrom, code.bTo - context),
    };
    if (isFirst) group.push(tail);
    else if (isLast) group.push(head);
    else if (size > 2 * context) {
      groups.push([...group, head]);
      group = [tail];
    } else group.push(code);
  }
  groups.push(group);
  return groups.filter((codes) => codes.some(({ same }) => !same));
}

function hunk(group: readonly Opcode[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return "";
  const lines = group.flatMap(({ same, aFrom, aTo, bFrom, bTo }) =>
    same
      ? a.slice(aFrom, aTo).map((line) => ` ${line}`)
      : [...a.slice(aFrom, aTo).map((line) => `-${line}`), ...b.slice(bFrom, bTo).map((line) => `+${line}`)],
  );
  return `@@ -${place(first.aFrom, last.aTo)} +${place(first.bFrom, last.bTo)} @@\n${lines.join("")}`;
}

function place(from: number, to: number): string {
  const size = to - from;
  if (size === 1) return `${from + 1}`;
  return `${size === 0 ? from : from + 1},${size}`;
}
