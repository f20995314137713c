import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ImageMapping } from "@lateen/server/embedded";

/** Pairs `--image web=./src` with the `--run "node server.js"` of the same place. @throws naming what is missing. */
export function parseImageMappings(
  images: readonly string[],
  commands: readonly string[],
  cwd: string,
): ImageMapping[] {
  if (commands.length > images.length)
    throw new Error(
      `--run "${commands[images.length]}" belongs to no --image: write --image NAME=FOLDER --run COMMAND`,
    );
  return images.map((text, i) => {
    const at = text.lastIndexOf("=");
    const command = commands[i];
    if (at < 1) throw new Error(`--image ${text}: write IMAGE=FOLDER`);
    if (command === undefined || command.trim() === "")
      throw new Error(`--image ${text}: say how it runs: --run "node server.js"`);
    const folder = resolve(cwd, text.slice(at + 1));
    if (!existsSync(folder)) throw new Error(`--image ${text}: the folder ${folder} does not exist`);
    return { image: text.slice(0, at), folder, run: command };
  });
}
