// npm run chaos:delivery -- --rounds 200 [--seed N]: see bench/chaos/delivery.ts.
import { pathToFileURL } from "node:url";
import { bundle, ensureInstalled } from "./project.mjs";

ensureInstalled();
const entry = await bundle("bench/chaos/delivery.ts", "chaos-delivery");
process.exit(await (await import(pathToFileURL(entry).href)).runDeliveryChaos(process.argv.slice(2)));
