import type { Terminal } from "./terminal.ts";

/** Single keys from a terminal, without Enter. Ctrl-C calls `interrupt`. Nothing happens where there is no terminal. */
export function listenForKeys(terminal: Terminal, onKey: (key: string) => void, interrupt: () => void): Disposable {
  const { input } = terminal;
  if (!terminal.interactive || input.isTTY !== true || input.setRawMode === undefined)
    return { [Symbol.dispose]: () => undefined };
  const onData = (bytes: Buffer | string): void => {
    for (const key of bytes.toString()) {
      if (key === "\u0003" || key === "\u0004") interrupt();
      else onKey(key);
    }
  };
  input.setRawMode(true);
  input.resume();
  input.on("data", onData);
  return {
    [Symbol.dispose]() {
      input.off("data", onData);
      input.setRawMode?.(false);
      input.pause();
    },
  };
}
