import type { ImportSpec } from "../syntax/ast.ts";
import { unquote } from "../syntax/index.ts";

/** What an import stands for: `path:name` where a folder holds several packages, else the path alone. */
export function packagePathOf(spec: ImportSpec, hasPackage: (path: string) => boolean): string {
  const written = unquote(spec.path.text);
  if (written.kind === "string" && written.value.includes(":") && hasPackage(written.value)) return written.value;
  return spec.importPath;
}
