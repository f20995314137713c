// npm run endurance:workflow [-- --runs 5000 --suspended 50000]: see bench/load/workflow-endurance.ts.
import { pathToFileURL } from "node:url";
import { bundle, ensureInstalled } from "./project.mjs";

ensureInstalled();
const entry = await bundle("bench/load/workflow-endurance.ts", "workflow-endurance");
process.exit(await (await import(pathToFileURL(entry).href)).runWorkflowEndurance(process.argv.slice(2)));
