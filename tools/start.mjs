// npm start [-- --data-dir D --port P …]: installs what is missing, builds what is needed, and delivers the example: `lateen dev examples/first-vela-app.yaml`.
import { resolve } from "node:path";
import { requireNode, root } from "./project.mjs";

requireNode();
const { runLateen } = await import("./lateen.mjs");
const args = process.argv.slice(2);
const named = args.some((arg) => /\.(ya?ml|json|cue)$/.test(arg) && !arg.startsWith("-"));
await runLateen(
  ["dev", ...(named ? [] : [resolve(root, "examples/first-vela-app.yaml"), "--create-namespace", "prod"]), ...args],
  {
    say: (line) => console.log(line),
  },
);
