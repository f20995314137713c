// npm run soak -- --rounds 200 [--seed N] | --fan-out (1,000 watchers × 10,000 events) | --idle (10,000 connections): see bench/soak/run.ts.
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./build.mjs";
import { bundle, ensureInstalled, root } from "./project.mjs";

ensureInstalled();
await buildIfStale();
process.env.LATEEN_ROOT = root;
const entry = await bundle("bench/soak/run.ts", "soak");
process.exit(await (await import(pathToFileURL(entry).href)).runSoak(process.argv.slice(2)));
