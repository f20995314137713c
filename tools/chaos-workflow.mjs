// npm run chaos:workflow -- --rounds 200 [--seed N]: see bench/chaos/workflow.ts.
import { pathToFileURL } from "node:url";
import { bundle, ensureInstalled } from "./project.mjs";

ensureInstalled();
const entry = await bundle("bench/chaos/workflow.ts", "chaos-workflow");
process.exit(await (await import(pathToFileURL(entry).href)).runWorkflowChaos(process.argv.slice(2)));
