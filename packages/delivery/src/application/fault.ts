import type { Diagnostic } from "@lateen/base";

/** A field path in an Application. */
export type Path = readonly (string | number)[];

/** Something wrong with an Application, at a field. */
export const fault = (code: string, message: string, path: Path, help?: string): Diagnostic => ({
  code,
  message,
  path,
  causes: [],
  ...(help === undefined ? {} : { help }),
});

/** One fault a code and field: alternatives that all failed say the same. */
export function dropDoubles(faults: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return faults.filter(({ code, path }) => {
    const key = `${code} ${path.join("/")}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
