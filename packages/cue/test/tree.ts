import type { File } from "../src/syntax/ast.ts";
import { fileShape } from "./shape.ts";

/**
 * What a file's tree means, without what formatting may change: the spelling of numbers, the indentation of multi-line
 * strings, doubled parentheses, the word of a fallback.
 */
export function meaningOf(file: File): string {
  return fileShape(file)
    .replaceAll(/(?:paren )+/g, "paren ")
    .replaceAll(/ (?:else|otherwise|fallback) \{/g, " else {")
    .replaceAll(/\n[ \t]*/g, "\n")
    .replaceAll(
      /(?<![\w."])(\d[\d_]*)?\.(\d[\d_]*)?(?=[eEKMGTP]|\b|$|[^\w.])/g,
      (whole, left?: string, right?: string) =>
        left === undefined && right === undefined ? whole : `${left ?? "0"}.${right ?? "0"}`,
    );
}

/** The comments of a text in order of their words, since formatting may move a comment but not drop it. */
export function commentsOf(text: string): string[] {
  return (text.match(/\/\/[^\n]*/g) ?? []).map((comment) => comment.trimEnd()).toSorted();
}
