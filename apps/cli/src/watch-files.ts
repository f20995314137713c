import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors write in several steps; a change counts when nothing more came for so long. */
const quietMs = 120;

/**
 * Calls `onChange` after one of the files was saved (also when an editor replaces the file). Folders are watched rather than
 * files, since a replaced file is another inode.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): Disposable {
  const byFolder = new Map<string, Set<string>>();
  for (const path of paths) byFolder.set(dirname(path), (byFolder.get(dirname(path)) ?? new Set()).add(basename(path)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watchers: FSWatcher[] = [];
  for (const [folder, names] of byFolder) {
    const watcher = watch(folder, (_event, name) => {
      if (name !== null && !names.has(name)) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, quietMs);
    });
    watcher.on("error", () => watcher.close());
    watchers.push(watcher);
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
