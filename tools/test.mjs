// npm test: installs what is missing, then `npm run check`.
import { spawnSync } from "node:child_process";
import { ensureInstalled, root } from "./project.mjs";

ensureInstalled();
const run = spawnSync(process.execPath, ["tools/check.mjs", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(run.status ?? 1);
