/** The lines in which two texts differ, with line numbers of the first: `-12 old`, `+12 new`. Lines are changed in place. */
export function differingLines(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const old = before.split("\n");
  const now = after.split("\n");
  const lines: string[] = [];
  for (let i = 0; i < Math.max(old.length, now.length); i++) {
    if (old[i] === now[i]) continue;
    const number = String(i + 1).padStart(4);
    if (old[i] !== undefined) lines.push(`-${number} | ${old[i]}`);
    if (now[i] !== undefined) lines.push(`+${number} | ${now[i]}`);
  }
  return lines;
}
