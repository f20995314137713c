import type { Pos } from "@lateen/base";
import type { File } from "../syntax/ast.ts";
import type { DataExpr, DataOrigin, DataPath, Source } from "./ir.ts";

/**
 * A part of plain data as an expression. It is its own place: what is made of it points back to it, and its position is
 * looked up when somebody asks.
 */
export class DataNode implements DataExpr, Source {
  readonly kind = "data";
  readonly src = undefined;
  readonly value: unknown;
  readonly origin: DataOrigin;
  readonly path: DataPath | undefined;

  constructor(value: unknown, origin: DataOrigin, path?: DataPath) {
    this.value = value;
    this.origin = origin;
    this.path = path;
  }

  get file(): File {
    return new DataFile(this);
  }

  get node(): Source["node"] {
    return { kind: "bad-expr", start: 0, end: 0 };
  }
}

/** The steps from the root of the data. */
export function stepsOf(node: DataExpr): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let at = node.path; at !== undefined; at = at.up) steps.push(at.key);
  return steps.reverse();
}

/** Where a part of data stands: its line, where its origin knows it, else the bare source; nothing without a name. */
export function dataPos(node: DataExpr, of: "value" | "key" = "value"): Pos | undefined {
  const { source, positionOf } = node.origin;
  const found = positionOf?.(stepsOf(node), of);
  if (found !== undefined) return { source, ...found };
  return source === "" ? undefined : { source, offset: 0, line: 0, column: 0 };
}

/** What a text file is to its nodes. */
class DataFile implements File {
  readonly kind = "file";
  readonly start = 0;
  readonly end = 0;
  readonly text = "";
  readonly decls = [];
  readonly imports = [];
  readonly packageName = undefined;
  readonly #node: DataExpr;

  constructor(node: DataExpr) {
    this.#node = node;
  }

  get filename(): string {
    return this.#node.origin.source;
  }

  posOf(): Pos {
    return dataPos(this.#node) ?? { source: this.filename, offset: 0, line: 0, column: 0 };
  }
}
