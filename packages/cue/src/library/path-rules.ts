/** What differs between operating systems in the reading of file paths; all other rules are in `path.ts`. */
export interface PathRules {
  readonly separator: "/" | "\\";
  isSeparator(character: string | undefined): boolean;
  /** Length of a leading `C:` or `\\host\share`. */
  volumeLength(path: string): number;
  isAbsolute(path: string): boolean;
  splitList(path: string): readonly string[];
  sameWord(left: string, right: string): boolean;
}

const unix: PathRules = {
  separator: "/",
  isSeparator: (character) => character === "/",
  volumeLength: () => 0,
  isAbsolute: (path) => path.startsWith("/"),
  splitList: (path) => (path === "" ? [] : path.split(":")),
  sameWord: (left, right) => left === right,
};

const plan9: PathRules = {
  ...unix,
  isAbsolute: (path) => path.startsWith("/") || path.startsWith("#"),
  splitList: (path) => (path === "" ? [] : path.split("\0")),
};

const driveOrShare = /^(?:[A-Za-z]:|[\\/]{2}[^\\/.][^\\/]*[\\/][^\\/.][^\\/]*)/;
const reservedNames = /^(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])$/i;

const windows: PathRules = {
  separator: "\\",
  isSeparator: (character) => character === "\\" || character === "/",
  volumeLength: (path) => driveOrShare.exec(path)?.[0].length ?? 0,
  isAbsolute(path) {
    if (reservedNames.test(path)) return true;
    const volume = windows.volumeLength(path);
    return volume > 0 && windows.isSeparator(path[volume]);
  },
  splitList: splitQuoted,
  sameWord: (left, right) => left.toLowerCase() === right.toLowerCase(),
};

/** Semicolons within double quotes do not part; the quotes go. */
function splitQuoted(path: string): readonly string[] {
  if (path === "") return [];
  const parts = [""];
  let quoted = false;
  for (const character of path) {
    if (character === '"') quoted = !quoted;
    else if (character === ";" && !quoted) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

const unixSystems = [
  "aix",
  "android",
  "darwin",
  "dragonfly",
  "freebsd",
  "hurd",
  "illumos",
  "ios",
  "js",
  "linux",
  "nacl",
  "netbsd",
  "openbsd",
  "solaris",
  "zos",
];

export const systemNames: readonly string[] = ["unix", "windows", "plan9", ...unixSystems];

/** The rules of a system by name, undefined for unknown ones. */
export function pathRules(system: string): PathRules | undefined {
  if (system === "windows") return windows;
  if (system === "plan9") return plan9;
  return systemNames.includes(system) ? unix : undefined;
}
