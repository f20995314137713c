import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { StartError } from "./options.ts";

/** The folder of images that come with Lateen: beside the bundle where it is built, in the package when run from the sources. */
export function bundledImages(): string {
  const candidates = [
    resolve(import.meta.dirname, "images"),
    resolve(import.meta.dirname, "../../../packages/cluster/images"),
  ];
  const found = candidates.find((folder) => existsSync(folder));
  if (found === undefined)
    throw new StartError(`the bundled images are missing: looked in ${candidates.join(" and ")}`);
  return found;
}
