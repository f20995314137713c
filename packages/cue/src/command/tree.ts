/** The files that a command works on: names are relative to its working folder, with `/`. */
export interface FileTree {
  read(name: string): string | undefined;
  /** Names of the entries of a folder, those of folders with a `/` at the end; undefined where there is none. */
  list(folder: string): readonly string[] | undefined;
  write(name: string, text: string): void;
}

/** Files in memory. */
export function memoryTree(files: Map<string, string>): FileTree {
  return {
    read: (name) => files.get(normal(name)),
    list(folder) {
      const at = normal(folder);
      const prefix = at === "." ? "" : `${at}/`;
      const names = new Set<string>();
      for (const name of files.keys()) {
        if (!name.startsWith(prefix)) continue;
        const [first = "", ...rest] = name.slice(prefix.length).split("/");
        names.add(rest.length > 0 ? `${first}/` : first);
      }
      return names.size === 0 && prefix !== "" ? undefined : [...names].toSorted();
    },
    write: (name, text) => void files.set(normal(name), text),
  };
}

/** Without `.` and `..` where that is possible; `.` for the working folder. */
export function normal(name: string): string {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  const path = parts.join("/");
  return name.startsWith("/") ? `/${path}` : path === "" ? "." : path;
}

export function folderOf(name: string): string {
  const slash = name.lastIndexOf("/");
  return slash < 0 ? "." : name.slice(0, slash) || "/";
}

export function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
