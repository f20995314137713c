// npm run conformance [-- --only 12,40-47] [--kubeconfig FILE] [--kubectl 35]: the reference's 98 black-box checks with real clients, each
// with its number, pass, fail, or skip with the reason. Without --kubeconfig a server of our own is started for it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { connect } from "node:http2";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { kubectlPath } from "./kubectl.mjs";
import { buildIfStale, mainFile } from "./build.mjs";
import { cache, ensureInstalled } from "./project.mjs";
import { createKit, Skip } from "./api-checks/kit.mjs";
import { checks as kubectlChecks } from "./api-checks/kubectl-checks.mjs";
import { checks as wireChecks } from "./api-checks/wire-checks.mjs";
import { checks as clientChecks } from "./api-checks/client-checks.mjs";

/** Why a number has no check of its own here. */
const elsewhere = {
  30: "needs a node that fails to pull an image",
  64: "packages/apiserver/src/crd/conversion.test.ts answers it: a conversion webhook needs a server of its own",
  71: "packages/apiserver: webhooks.test.ts answers it",
  72: "packages/apiserver: webhooks.test.ts answers it",
  75: "needs a node that runs containers",
  76: "needs a node that runs containers",
  77: "needs a node that runs containers",
  78: "needs a node that runs containers",
  79: "needs a node that runs containers",
  80: "needs metrics of a node that runs containers",
  81: "comes with the checks of nodes",
  86: "needs metrics of a node that runs containers",
  91: "npm run soak answers it: the server is killed",
  98: "is this run with --kubeconfig",
};
const total = 98;

const options = { only: undefined, kubeconfig: undefined, kubectl: ["35", "32"], verbose: false };
const args = process.argv.slice(2);
for (let i = 0; i < args.length; i++) {
  if (args[i] === "--only") options.only = numbersOf(args[++i]);
  else if (args[i] === "--kubeconfig") options.kubeconfig = resolve(process.env.INIT_CWD ?? ".", args[++i]);
  else if (args[i] === "--kubectl") options.kubectl = args[++i].split(",");
  else if (args[i] === "--verbose") options.verbose = true;
  else {
    console.error(`conformance: unknown option ${args[i]}`);
    process.exit(2);
  }
}

function numbersOf(text) {
  return new Set(
    text.split(",").flatMap((part) => {
      const [from, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    }),
  );
}

ensureInstalled();
const folder = mkdtempSync(resolve(tmpdir(), "lateen-conformance-"));
const server = options.kubeconfig === undefined ? await startOwn() : undefined;
const kubeconfig = options.kubeconfig ?? server.kubeconfig;
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const cluster = config.getCurrentCluster();
const tls = {};
await config.applyToHTTPSOptions(tls);
const origin = new URL(cluster.server).origin;
const secrets = { ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: !cluster.skipTLSVerify };
let session;
/** Servers end connections that were quiet for long. */
function openSession() {
  if (session === undefined || session.closed || session.destroyed) {
    session = connect(origin, secrets);
    session.on("error", () => undefined);
  }
  return session;
}

async function startOwn() {
  await buildIfStale();
  const dataDir = resolve(folder, "data");
  const child = spawn(process.execPath, [
    mainFile,
    "server",
    "--data-dir",
    dataDir,
    "--port",
    "0",
    "--node",
    "simulated",
  ]);
  let said = "";
  await new Promise((done, fail) => {
    const take = (chunk) => {
      said += chunk;
      if (said.includes("kubeconfig")) done();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", () => fail(new Error(`the server did not start:\n${said}`)));
  });
  return { kubeconfig: resolve(dataDir, "kubeconfig"), stop: () => child.kill("SIGTERM") };
}

/** One request: HTTP/2 unless HTTP/1.1 is asked for. */
/** @param lines a stream is left once it has told so many. */
function raw(method, path, object, headers = {}, { http1 = false, lines = Number.POSITIVE_INFINITY } = {}) {
  const body = object === undefined ? undefined : JSON.stringify(object);
  const all = { ...tls.headers, ...(body !== undefined && { "content-type": "application/json" }), ...headers };
  const collect = (stream, status, given, done) => {
    const parts = [];
    let told = 0;
    const end = () => {
      const bytes = Buffer.concat(parts);
      done({ status, headers: given, bytes, text: bytes.toString("utf8") });
    };
    stream.on("data", (part) => {
      parts.push(part);
      for (const byte of part) if (byte === 10) told++;
      if (told < lines) return;
      end();
      stream.close?.();
    });
    stream.on("end", end);
  };
  return new Promise((done, fail) => {
    if (http1) {
      const call = httpsRequest(origin + path, { method, headers: all, ...secrets }, (answer) =>
        collect(answer, answer.statusCode, answer.headers, done),
      );
      call.once("error", fail);
      call.end(body);
      return;
    }
    const stream = openSession().request({ ":method": method, ":path": path, ...all });
    stream.once("error", fail);
    stream.once("response", (given) => collect(stream, given[":status"], given, done));
    stream.end(body);
  });
}

/** The kubeconfig with a token instead of whatever the user has. */
let tokens = 0;
function tokenKubeconfig(token) {
  const text = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "c",
        cluster: {
          server: cluster.server,
          ...(cluster.caData ? { "certificate-authority-data": cluster.caData } : { "insecure-skip-tls-verify": true }),
        },
      },
    ],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
  const path = resolve(folder, `token-${tokens++}.json`);
  writeFileSync(path, text);
  return path;
}

const controllers =
  server !== undefined ||
  (await raw("GET", "/apis/apps/v1/namespaces/kube-system/deployments")).text.includes('"items":[{');
const versions = options.kubectl.map((minor) => ({
  minor,
  kubectl: kubectlPath(Number(minor)),
  helm: kubectlPath(Number(minor), "helm"),
}));
let namespaces = 0;

/** Runs one check in a namespace of its own. @returns undefined when it passes, or { skip } or { fail }. */
async function attempt(check, version) {
  const namespace = `check-${process.pid % 10_000}-${namespaces++}`;
  await raw("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const kit = createKit({
    kubectl: version?.kubectl.path,
    helm: version?.helm.path,
    kubeconfig,
    namespace,
    folder: resolve(folder, namespace),
    raw,
  });
  try {
    await check({ ...kit, controllers, tokenKubeconfig, cache });
    return undefined;
  } catch (error) {
    return error instanceof Skip ? { skip: error.message } : { fail: error.message ?? String(error) };
  } finally {
    await raw("DELETE", `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.${namespace}.example.org`).catch(
      () => undefined,
    );
    await raw("DELETE", `/api/v1/namespaces/${namespace}`).catch(() => undefined);
  }
}

const counts = { passed: 0, failed: 0, skipped: 0 };
for (let number = 1; number <= total; number++) {
  if (options.only !== undefined && !options.only.has(number)) continue;
  const outcomes = [];
  if (kubectlChecks[number] !== undefined) {
    for (const version of versions) {
      const { path, skip } = version.kubectl;
      const outcome = path === undefined ? { skip } : await attempt(kubectlChecks[number], version);
      outcomes.push({ client: `kubectl 1.${version.minor}`, outcome });
    }
  } else if (wireChecks[number] ?? clientChecks[number]) {
    outcomes.push({ client: "", outcome: await attempt(wireChecks[number] ?? clientChecks[number]) });
  } else outcomes.push({ client: "", outcome: { skip: elsewhere[number] ?? "no check yet" } });
  const failure = outcomes.find(({ outcome }) => outcome?.fail !== undefined);
  const passed = outcomes.filter(({ outcome }) => outcome === undefined);
  if (failure !== undefined) {
    counts.failed++;
    const why = String(failure.outcome.fail).trim().replaceAll("\n", " ⏎ ");
    console.log(`${number} fail ${failure.client}: ${why.slice(0, options.verbose ? 5_000 : 300)}`);
  } else if (passed.length > 0) {
    counts.passed++;
    console.log(`${number} pass ${passed.map(({ client }) => client).join(", ")}`.trimEnd());
  } else {
    counts.skipped++;
    console.log(`${number} skip ${outcomes[0].outcome.skip}`);
  }
}
session?.close();
server?.stop();
rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);
