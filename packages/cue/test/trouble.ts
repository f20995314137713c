/** A program whose cost may only grow with its size, in the spirit of what is reported of CUE's evaluators. */
export interface Trouble {
  /** With the number of the report in CUE's tracker, where there is one. */
  readonly what: string;
  readonly text: (size: number) => string;
}

function repeated(count: number, line: (i: number) => string, separator = "\n"): string {
  return Array.from({ length: count }, (_, i) => line(i)).join(separator);
}

export const troubles: readonly Trouble[] = [
  {
    what: "references that double at every level",
    text: (n) => `x0: {a: 1}\n${repeated(n, (i) => `x${i + 1}: {l: x${i}, r: x${i}}`)}`,
  },
  {
    what: "definitions used side by side",
    text: (n) => `#D: {a: *1 | int, b: a}\n${repeated(n, (i) => `d${i}: #D & {a: ${i}}`)}`,
  },
  { what: "a long chain of references", text: (n) => `x0: 1\n${repeated(n, (i) => `x${i + 1}: x${i}`)}` },
  {
    what: "one disjunction refined again and again (3307)",
    text: (n) => `#T: {k: "a"} | {k: "b"} | {k: "c"}\nx: #T\n${repeated(n, () => 'x: {k: "b"}')}`,
  },
  {
    what: "a discriminated union of many kinds (2243)",
    text: (n) => `#U: ${repeated(n, (i) => `{kind: "k${i}", v${i}: int}`, " | ")}\nx: #U & {kind: "k1", v1: 1}`,
  },
  {
    what: "defaults that are independent of each other (3881)",
    text: (n) => `x: {\n${repeated(n, (i) => `f${i}: *${i} | int`)}\n}`,
  },
  {
    what: "comprehensions over a list (3334)",
    text: (n) => `l: [${repeated(n, String, ", ")}]\nx: {for v in l {"k\\(v)": v}}\ny: [for k, v in x {v}]`,
  },
  {
    what: "patterns over many fields (3372)",
    text: (n) => `x: [string]: {a: int, b: *1 | int}\nx: {\n${repeated(n, (i) => `f${i}: a: ${i}`)}\n}`,
  },
  {
    what: "a template of templates (3208)",
    text: (n) =>
      `#P: {n: string, out: {name: n, labels: {app: n}}}\n${repeated(n, (i) => `c${i}: (#P & {n: "x${i}"}).out`)}`,
  },
  {
    what: "conditions that ask for fields beside them (391)",
    text: (n) => `x: {a: true\n${repeated(n, (i) => `if a {f${i}: ${i}}`)}\n}`,
  },
];
