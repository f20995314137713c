// npm run fills:cue [-- --fills N]: fills one template a million times and prints what stays: resident memory and heap after each tenth. A fill
// makes no earlier value larger, so both must stay where they are after the first tenth; the command fails when they grow by 100 MB.
import { pathToFileURL } from "node:url";
import { bundle, ensureInstalled } from "./project.mjs";

const at = process.argv.indexOf("--fills");
const fills = at < 0 ? 1_000_000 : Number(process.argv[at + 1]);
const allowed = 100;

ensureInstalled({ quiet: true });
const { Context } = await import(pathToFileURL(await bundle("packages/cue/src/index.ts", "fills-cue")).href);

const template = new Context().compile(`
parameter: {name: string, replicas: *1 | int, env?: [string]: string}
output: {
	apiVersion: "apps/v1"
	kind:       "Deployment"
	metadata: name: parameter.name
	spec: replicas: parameter.replicas
	if parameter.env != _|_ {
		spec: env: [for k, v in parameter.env {name: k, value: v}]
	}
}
`);

const mb = (bytes) => Math.round(bytes / 2 ** 20);
const used = () => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: mb(rss), heap: mb(heapUsed) };
};

let start;
let most = 0;
const step = Math.max(1, Math.floor(fills / 10));
const before = process.cpuUsage();
for (let i = 1; i <= fills; i++) {
  const value = template.fillPath("parameter", { name: `web-${i}`, replicas: i % 9, env: { A: `${i}` } });
  if (value.validate().length > 0) throw new Error("a fill failed");
  const text = value.lookupPath("output").toJSONText();
  if (!text.includes(`"web-${i}"`)) throw new Error(`fill ${i} gave ${text}`);
  if (i % step !== 0) continue;
  const now = used();
  start ??= now;
  most = Math.max(most, now.rss - start.rss, now.heap - start.heap);
  const { user, system } = process.cpuUsage(before);
  console.log(
    `${i} fills: ${now.rss} MB resident, ${now.heap} MB of heap, ${((user + system) / 1000 / i).toFixed(3)} ms each`,
  );
}
console.log(`grown by at most ${most} MB after the first tenth`);
process.exit(most > allowed ? 1 : 0);
