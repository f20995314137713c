// A few commands of busybox, each as its manual says; no shell among them.
import { hostname } from "node:os";

const [name, ...args] = process.argv.slice(2);
process.on("SIGTERM", () => process.exit(143));

const units = { s: 1, m: 60, h: 3600, d: 86_400 };

function sleep() {
  let seconds = 0;
  for (const arg of args) {
    if (arg === "infinity" || arg === "inf") {
      seconds = Number.POSITIVE_INFINITY;
      continue;
    }
    const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(arg) ?? [];
    if (amount === undefined) return fail(`sleep: invalid number '${arg}'`);
    seconds += Number(amount) * units[unit || "s"];
  }
  const end = Date.now() + seconds * 1000;
  const wait = () => {
    const left = end - Date.now();
    if (left > 0) setTimeout(wait, Math.min(left, 2 ** 30));
  };
  wait();
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

const applets = {
  sleep,
  echo: () => {
    const quiet = args[0] === "-n";
    process.stdout.write((quiet ? args.slice(1) : args).join(" ") + (quiet ? "" : "\n"));
  },
  true: () => undefined,
  false: () => {
    process.exitCode = 1;
  },
  env: () => {
    for (const [key, value] of Object.entries(process.env)) console.log(`${key}=${value}`);
  },
  printenv: () => {
    for (const key of args) {
      if (process.env[key] === undefined) process.exitCode = 1;
      else console.log(process.env[key]);
    }
  },
  date: () => console.log(new Date().toUTCString()),
  hostname: () => console.log(process.env.HOSTNAME ?? hostname()),
};

// Without a command busybox's shell would read an empty input and end.
if (name !== undefined) {
  if (Object.hasOwn(applets, name)) applets[name]();
  else fail(`${name}: applet not found; here are ${Object.keys(applets).join(", ")}`);
}
