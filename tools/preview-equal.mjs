// npm run preview:equal -- --applications 500 [--seed N]: see bench/preview/equal.ts.
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./build.mjs";
import { bundle, ensureInstalled, root } from "./project.mjs";

ensureInstalled();
await buildIfStale();
process.env.LATEEN_ROOT = root;
const entry = await bundle("bench/preview/equal.ts", "preview-equal");
process.exit(await (await import(pathToFileURL(entry).href)).runPreviewEqual(process.argv.slice(2)));
