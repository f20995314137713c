// npm run lateen -- ARGS: the `lateen` command from the sources: built when they are newer.
import { spawn } from "node:child_process";
import { ensureInstalled } from "./project.mjs";

export async function runLateen(args, { say } = {}) {
  ensureInstalled({ quiet: say === undefined });
  const { buildIfStale, mainFile } = await import("./build.mjs");
  await buildIfStale(say);
  const child = spawn(process.execPath, ["--enable-source-maps", mainFile, ...args], {
    stdio: "inherit",
    cwd: process.env.INIT_CWD ?? process.cwd(),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

if (process.argv[1]?.endsWith("lateen.mjs")) await runLateen(process.argv.slice(2));
