// npm run chaos -- --rounds 20 [--seed N]: see bench/chaos/run.ts.
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./build.mjs";
import { bundle, ensureInstalled, root } from "./project.mjs";

ensureInstalled();
await buildIfStale();
process.env.LATEEN_ROOT = root;
const entry = await bundle("bench/chaos/run.ts", "chaos");
process.exit(await (await import(pathToFileURL(entry).href)).runChaos(process.argv.slice(2)));
