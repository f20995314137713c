import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createLiveBlock } from "./live.ts";
import { createTerminal, fitWidth, formatTable, visibleWidth } from "./terminal.ts";

function terminalOf(options: { readonly tty: boolean; readonly env?: Record<string, string> }): {
  readonly terminal: ReturnType<typeof createTerminal>;
  readonly written: () => string;
} {
  const stdout = Object.assign(new PassThrough(), { isTTY: options.tty, columns: 40, rows: 10 });
  const chunks: string[] = [];
  stdout.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const terminal = createTerminal({
    stdout,
    stderr: new PassThrough(),
    stdin: new PassThrough(),
    env: options.env ?? {},
  });
  return { terminal, written: () => chunks.join("") };
}

describe("the terminal", () => {
  it("writes no control code when nobody looks", () => {
    const { terminal, written } = terminalOf({ tty: false });
    terminal.line(terminal.style("red", "red", "bold"));
    expect(written()).toBe("red\n");
  });
  it("cuts a line to the width of the screen, colours not counted", () => {
    const { terminal } = terminalOf({ tty: true });
    const text = terminal.style("0123456789", "red");
    expect(visibleWidth(text)).toBe(10);
    expect(visibleWidth(fitWidth(text, 5))).toBe(5);
    expect(fitWidth("short", 10)).toBe("short");
  });
  it("lines columns up as kubectl does", () => {
    expect(
      formatTable(
        ["NAME", "AGE"],
        [
          ["a-long-name", "1s"],
          ["b", "10m"],
        ],
      ),
    ).toEqual(["NAME          AGE", "a-long-name   1s", "b             10m"]);
  });
});

describe("a live block", () => {
  it("draws over itself on a terminal, and leaves an unchanged picture alone", () => {
    const { terminal, written } = terminalOf({ tty: true });
    const block = createLiveBlock(terminal);
    block.update(["one", "two"]);
    block.update(["one", "two"]);
    block.update(["three"]);
    expect(written()).toBe("one\ntwo\n\u001b[2A\u001b[0Jthree\n");
  });
  it("cuts a picture that is taller than the screen", () => {
    const { terminal, written } = terminalOf({ tty: true });
    createLiveBlock(terminal).update(Array.from({ length: 12 }, (_, i) => `line ${i}`));
    expect(written()).toBe("line 0\nline 1\nline 2\nline 3\nline 4\nline 5\nline 6\n… 5 more lines\n");
  });
  it("prints only news without a terminal", () => {
    const { terminal, written } = terminalOf({ tty: false });
    const block = createLiveBlock(terminal);
    block.update(["picture"], ["step a: running"]);
    block.update(["picture 2"], ["step a: succeeded"]);
    expect(written()).toBe("step a: running\nstep a: succeeded\n");
  });
  it("puts a note above the picture", () => {
    const { terminal, written } = terminalOf({ tty: true });
    const block = createLiveBlock(terminal);
    block.update(["picture"]);
    block.note("saved");
    expect(written()).toBe("picture\n\u001b[1A\u001b[0Jsaved\npicture\n");
  });
});
