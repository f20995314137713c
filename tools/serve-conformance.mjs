// npm run -s serve:conformance -- --port P --token T [--user-token NAME=TOKEN …] [--tls FOLDER] [--profile kube|lateen]
// Starts the API server on the memory store, without controllers, and prints one line when it is ready. Profile kube is what the
// recorded exchanges assume: the groups of a plain kube-apiserver and anonymous access. Profile lateen is the product's own: its
// definitions are there, and who shows no credentials is refused.
import { pathToFileURL } from "node:url";
import { bundle, requireNode } from "./project.mjs";

requireNode();
const options = { port: 0, token: "admin", users: [], tlsFolder: undefined, profile: "kube" };
const args = process.argv.slice(2).flatMap((arg) => {
  const at = arg.startsWith("--") ? arg.indexOf("=") : -1;
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
});
for (let i = 0; i < args.length; i += 2) {
  const value = args[i + 1];
  switch (args[i]) {
    case "--port":
      options.port = Number(value);
      break;
    case "--token":
      options.token = value;
      break;
    case "--user-token": {
      const at = value.indexOf("=");
      options.users.push([value.slice(0, at), value.slice(at + 1)]);
      break;
    }
    case "--tls":
      options.tlsFolder = value;
      break;
    case "--profile":
      if (value !== "kube" && value !== "lateen") {
        console.error(`serve:conformance: unknown profile ${value}; there are: kube, lateen`);
        process.exit(2);
      }
      options.profile = value;
      break;
    default:
      console.error(`serve:conformance: unknown option ${args[i]}`);
      process.exit(2);
  }
}
const entry = await bundle("packages/apiserver/conformance/serve.ts", `serve-conformance-${process.pid}`);
const { serve } = await import(pathToFileURL(entry).href);
const { rmSync } = await import("node:fs");
rmSync(entry, { force: true });
const definitions = options.profile === "lateen" ? await productDefinitions() : [];
const running = await serve({ ...options, definitions });
console.log(`ready ${running.url}`);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    running[Symbol.asyncDispose]().finally(() => process.exit(0));
  });
}

async function productDefinitions() {
  const bundled = await bundle("packages/delivery/src/definition/crds.ts", `serve-definitions-${process.pid}`);
  const { oamCustomResourceDefinitions } = await import(pathToFileURL(bundled).href);
  rmSync(bundled, { force: true });
  return oamCustomResourceDefinitions();
}
