import type { Diagnostic } from "@lateen/base";
import { explainApplication } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import type { ConnectOptions } from "../connect.ts";
import { isApplication } from "../deliver.ts";
import { type Manifest, loadFiles, printDiagnostics } from "../manifests.ts";
import { printData } from "../output.ts";
import type { VerbContext } from "../verb.ts";
import { definitionsFor } from "./definitions.ts";
import { explanationJson, printExplained } from "./print.ts";
import { placeIn } from "./reason-text.ts";

/** `lateen dry-run --explain`: each object with the reason beside each leaf. */
export async function explainFiles(
  paths: readonly string[],
  flags: ConnectOptions & { readonly output?: string },
  context: VerbContext,
): Promise<number> {
  const { terminal, cwd } = context;
  const loaded = await loadFiles(paths, cwd);
  if (loaded.diagnostics.length > 0) {
    printDiagnostics(terminal, loaded.diagnostics, loaded.texts);
    return 1;
  }
  const definitions = await definitionsFor(loaded, flags, context);
  const data: unknown[] = [];
  let exit = 0;
  for (const manifest of loaded.manifests.filter(({ object }) => isApplication(object))) {
    const result = explainApplication({ application: inNamespace(manifest, flags.namespace), definitions });
    const placed = result.diagnostics.map((one) => placedDiagnostic(one, manifest));
    printDiagnostics(terminal, placed, loaded.texts);
    if (result.diagnostics.some(({ severity }) => severity !== "warning")) exit = 1;
    const placeOf = placeIn(manifest);
    for (const object of result.objects)
      if (flags.output === undefined) printExplained(terminal, object, placeOf);
      else data.push(explanationJson(object, placeOf));
  }
  if (flags.output !== undefined) terminal.write(printData(data, flags.output));
  return exit;
}

/** The Application as it would be applied: in the namespace that it names, or in the command's. */
export const inNamespace = ({ object }: Manifest, namespace = "default"): KubeObject => ({
  ...object,
  metadata: { namespace, ...object.metadata },
});

/** A diagnostic at the person's line; the definition's is a cause of it. */
export function placedDiagnostic(diagnostic: Diagnostic, { positionOf }: Manifest): Diagnostic {
  const { pos, causes } = diagnostic;
  const declared = pos === undefined ? [] : [{ code: "declared", message: "declared here", path: [], causes: [], pos }];
  return { ...diagnostic, pos: positionOf(diagnostic.path), causes: [...declared, ...causes] };
}
