import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { FileTree } from "@lateen/cue/command";

/** The files of a folder of this machine. */
export function folderTree(folder: string): FileTree {
  return {
    read: (name) => unlessAbsent(() => readFileSync(resolve(folder, name), "utf8")),
    list: (name) =>
      unlessAbsent(() =>
        readdirSync(resolve(folder, name), { withFileTypes: true })
          .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
          .toSorted(),
      ),
    write(name, text) {
      const path = resolve(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
  };
}

const absent = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
