/** The template as it is stored: formatted CUE with labels unquoted and single-field structs shortened. */
export function formatTemplate(text: string, _name: string): string {
  return text;
}
