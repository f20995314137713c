import { formatFile, parseFile } from "@lateen/cue";

/** The template as it is stored: formatted CUE with labels unquoted and single-field structs shortened. */
export function formatTemplate(text: string, name: string): string {
  const { file, diagnostics } = parseFile(text, { filename: name });
  return diagnostics.length > 0 ? text : formatFile(file, { simplify: true });
}
