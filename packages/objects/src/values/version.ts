/** Versions: of APIs (`v1beta2`), of software (`v1.32.0`), semantic ones. */

/** A text that is no version. */
export class VersionError extends Error {
  override readonly name = "VersionError";
  readonly code = "Version";
}

const kubeVersion = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const stages: readonly (string | undefined)[] = ["alpha", "beta", undefined];

/** The order of API versions: GA above beta above alpha, then by number; other names below all, by text, backwards. */
export function compareKubeVersions(a: string, b: string): number {
  const left = kubeVersion.exec(a);
  const right = kubeVersion.exec(b);
  if (left === null && right === null) return a < b ? 1 : a > b ? -1 : 0;
  if (left === null || right === null) return left === null ? -1 : 1;
  const stage = stages.indexOf(left[2]) - stages.indexOf(right[2]);
  return Math.sign(stage || Number(left[1]) - Number(right[1]) || Number(left[3] ?? 0) - Number(right[3] ?? 0));
}

export interface Version {
  readonly components: readonly number[];
  readonly preRelease: string;
  readonly build: string;
  readonly semantic: boolean;
}

/** At least two numbers, a `v` in front and anything behind them. @throws VersionError */
export function parseGenericVersion(text: string): Version {
  return parse(text, false);
}

/** Three numbers, pre-release and build as semver.org has them. @throws VersionError */
export function parseSemanticVersion(text: string): Version {
  return parse(text, true);
}

function parse(given: string, semantic: boolean): Version {
  const shown = JSON.stringify(given);
  const text = given.trim();
  const match = /^\s*v?([0-9]+(?:\.[0-9]+)*)(.*)*$/s.exec(text);
  if (match === null) throw new VersionError(`could not parse ${shown} as version`);
  const numbers = match[1]!;
  const rest = text.slice(text.indexOf(numbers) + numbers.length);
  const parts = numbers.split(".");
  if (parts.length < 2 || (semantic && parts.length !== 3)) throw new VersionError(`illegal version string ${shown}`);
  for (const [i, part] of parts.entries()) {
    if ((i === 0 || semantic) && part.startsWith("0") && part !== "0")
      throw new VersionError(`illegal zero-prefixed version component ${JSON.stringify(part)} in ${shown}`);
  }
  const components = parts.map(Number);
  if (!semantic || rest === "") return { components, preRelease: "", build: "", semantic };
  const extra = /^(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/.exec(rest);
  if (extra === null) throw new VersionError(`could not parse pre-release/metadata (${rest}) in version ${shown}`);
  const preRelease = extra[1] ?? "";
  for (const part of preRelease === "" ? [] : preRelease.split("."))
    if (/^0\d+$/.test(part))
      throw new VersionError(`illegal zero-prefixed version component ${JSON.stringify(part)} in ${shown}`);
  return { components, preRelease, build: extra[2] ?? "", semantic };
}

export function formatVersion({ components, preRelease, build }: Version): string {
  return `${components.join(".")}${preRelease === "" ? "" : `-${preRelease}`}${build === "" ? "" : `+${build}`}`;
}

/** Precedence: numbers, then a release above its pre-releases; the build says nothing. */
export function compareVersions(a: Version, b: Version): -1 | 0 | 1 {
  for (let i = 0; i < Math.max(a.components.length, b.components.length); i++) {
    const difference = (a.components[i] ?? 0) - (b.components[i] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return comparePreReleases(a.preRelease, b.preRelease);
}

function comparePreReleases(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i]!;
    const y = right[i]!;
    if (x === y) continue;
    const m = /^\d+$/.test(x) ? Number(x) : undefined;
    const n = /^\d+$/.test(y) ? Number(y) : undefined;
    if (m !== undefined && n !== undefined) return m < n ? -1 : 1;
    if (m !== undefined || n !== undefined) return m === undefined ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
}
