import type { Diagnostic } from "@lateen/base";
import { ApiError } from "@lateen/base";
import type { Preview } from "@lateen/server/preview";
import { type LoadedFiles, diagnosticsOf, loadFiles, printDiagnostics } from "../manifests.ts";
import type { Terminal } from "../terminal.ts";

/** What the files hold. Undefined after what is wrong with them was printed. */
export async function loadOrSay(
  paths: readonly string[],
  { cwd, terminal }: { readonly cwd: string; readonly terminal: Terminal },
  options: Parameters<typeof loadFiles>[2] = {},
): Promise<LoadedFiles | undefined> {
  const loaded = await loadFiles(paths, cwd, options);
  if (loaded.diagnostics.length === 0) return loaded;
  printDiagnostics(terminal, loaded.diagnostics, loaded.texts);
  return undefined;
}

/** Why the server would not take what the files hold, in the place where it was written. */
export function refusalsOf({ refusals }: Preview, { manifests }: LoadedFiles): readonly Diagnostic[] {
  return refusals.flatMap(({ index, status }) => diagnosticsOf(new ApiError(status), manifests[index]!));
}
