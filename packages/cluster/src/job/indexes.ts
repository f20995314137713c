/** `0-2,5` ↔ 0, 1, 2, 5: how a Job's status writes the indexes that are done. */
export function expandIndexes(text: string | undefined): readonly number[] {
  const indexes: number[] = [];
  for (const part of (text ?? "").split(",")) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) continue;
    for (let index = Number(first); index <= Number(last ?? first); index++) indexes.push(index);
  }
  return indexes;
}

export function compressIndexes(indexes: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < indexes.length; ) {
    let end = i;
    while (indexes[end + 1] === indexes[end]! + 1) end++;
    parts.push(
      end === i
        ? String(indexes[i])
        : end === i + 1
          ? `${indexes[i]},${indexes[end]}`
          : `${indexes[i]}-${indexes[end]}`,
    );
    i = end + 1;
  }
  return parts.join(",");
}
