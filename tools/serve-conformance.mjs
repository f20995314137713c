// npm run -s serve:conformance -- --port P --token T [--user-token NAME=TOKEN …] [--tls FOLDER]
// Starts the API server as the recorded exchanges assume (no controllers, anonymous access, RBAC) on the memory store, and
// prints one line when it is ready.
import { pathToFileURL } from "node:url";
import { bundle, requireNode } from "./project.mjs";

requireNode();
const options = { port: 0, token: "admin", users: [], tlsFolder: undefined };
const args = process.argv.slice(2);
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
      if (value !== "kube") throw new Error(`serve:conformance: unknown profile ${value}; there is: kube`);
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
const running = await serve(options);
console.log(`ready ${running.url}`);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    running[Symbol.asyncDispose]().finally(() => process.exit(0));
  });
}
