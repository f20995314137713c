import { type Terminal, fitWidth } from "./terminal.ts";

/**
 * A block of lines that is drawn over itself as it changes. Without a terminal the news are printed
 * plainly: `update`'s second argument says what is new in words.
 */
export interface LiveBlock {
  update(lines: readonly string[], news?: readonly string[]): void;
  /** Prints a line that stays, above the block. */
  note(line: string): void;
  /** Leaves the last drawing on the screen. */
  finish(): void;
}

export function createLiveBlock(terminal: Terminal): LiveBlock {
  let drawn: readonly string[] = [];
  const erase = (): string => (drawn.length === 0 ? "" : `\u001b[${drawn.length}A\u001b[0J`);
  const draw = (lines: readonly string[]): string =>
    lines.map((line) => `${fitWidth(line, terminal.columns - 1)}\n`).join("");
  if (!terminal.interactive) {
    return {
      update(_lines, news = []) {
        for (const line of news) terminal.line(line);
      },
      note: (line) => terminal.line(line),
      finish: () => undefined,
    };
  }
  return {
    update(all) {
      const lines = fitHeight(all, terminal.rows - 2);
      if (lines.length === drawn.length && lines.every((line, i) => line === drawn[i])) return;
      terminal.write(erase() + draw(lines));
      drawn = lines;
    },
    note(line) {
      const block = drawn;
      terminal.write(`${erase()}${line}\n${draw(block)}`);
    },
    finish() {
      drawn = [];
    },
  };
}

/** What has scrolled off the screen cannot be drawn over: a picture that is too tall is cut, and says so. */
function fitHeight(lines: readonly string[], height: number): readonly string[] {
  if (lines.length <= height || height < 2) return lines;
  return [...lines.slice(0, height - 1), `… ${lines.length - height + 1} more lines`];
}
