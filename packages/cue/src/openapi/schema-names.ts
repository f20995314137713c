import type { SchemaTarget } from "./schema-term.ts";

/** A package as names tell it apart from others. */
export interface SchemaPackage {
  readonly isRoot: boolean;
  readonly name: string;
  readonly importPath: string | undefined;
}

interface Naming {
  readonly path: readonly string[];
  readonly from: SchemaPackage;
  /** How many selectors of the path, from its end. */
  depth: number;
  /** Its package: not told, by its name, by its whole path. */
  qualified: 0 | 1 | 2;
  keepsMarks: boolean;
}

/**
 * Names for schemas: the shortest end of each path that no other has. What stands in another package is told apart by that
 * package's name, then by its import path; a definition beside a field of the same name keeps its `#`.
 */
export function namesOf(
  targets: readonly SchemaTarget[],
  packageOf: (target: SchemaTarget) => SchemaPackage,
): Map<SchemaTarget, string> {
  const namings = new Map<SchemaTarget, Naming>();
  for (const target of targets)
    namings.set(target, { path: target.path, from: packageOf(target), depth: 1, qualified: 0, keepsMarks: false });
  for (let goesOn = true; goesOn; ) {
    const groups = new Map<string, Naming[]>();
    for (const naming of namings.values()) {
      const name = nameOf(naming);
      groups.set(name, [...(groups.get(name) ?? []), naming]);
    }
    goesOn = false;
    for (const group of groups.values()) if (group.length > 1 && tellApart(group)) goesOn = true;
  }
  return new Map([...namings].map(([target, naming]) => [target, nameOf(naming)]));
}

/** One step further; false where nothing is left to say. */
function tellApart(group: readonly Naming[]): boolean {
  const short = group.filter(({ depth, path }) => depth < path.length);
  for (const naming of short) naming.depth++;
  if (short.length > 0) return true;
  const packages = new Set(group.map(({ from }) => from));
  const foreign = packages.size > 1 ? group.filter(({ from, qualified }) => !from.isRoot && qualified < 2) : [];
  for (const naming of foreign) naming.qualified = naming.qualified === 0 ? 1 : 2;
  if (foreign.length > 0) return true;
  const bare = group.filter(({ keepsMarks }) => !keepsMarks);
  for (const naming of bare) naming.keepsMarks = true;
  return bare.length > 0;
}

function nameOf({ path, from, depth, qualified, keepsMarks }: Naming): string {
  const end = path.slice(-depth).map((selector) => (keepsMarks ? selector : selector.replace(/^_?#/, "")));
  if (qualified === 0) return end.join(".");
  const prefix =
    qualified === 1 ? from.name : (from.importPath ?? from.name).replace(/[@:].*$/, "").replaceAll("/", ".");
  return [prefix, ...end].join(".");
}
