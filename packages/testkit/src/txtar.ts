/** A txtar archive: a comment, then files under lines `-- NAME --`. Line ends are `\n`. */
export interface Txtar {
  readonly comment: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

const marker = /^-- (.+) --$/;

export function parseTxtar(text: string): Txtar {
  const files: { readonly name: string; text: string }[] = [];
  let comment = "";
  for (const line of splitLines(text)) {
    const name = marker.exec(line.replace(/\r?\n$/, ""))?.[1]?.trim();
    if (name !== undefined && name !== "") files.push({ name, text: "" });
    else if (files.length === 0) comment += line;
    else files.at(-1)!.text += line;
  }
  return { comment, files };
}

/** The text that `parseTxtar` reads as this archive; files get a line break at their end. */
export function formatTxtar({ comment, files }: Txtar): string {
  const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
  return ended(comment) + files.map(({ name, text }) => `-- ${name} --\n${ended(text)}`).join("");
}

function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
