import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A kube-apiserver with its etcd, started for a comparison. */
export interface RealApiServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly readyMs: number;
  /** Of both processes. */
  residentMb(): number;
}

const token = "bench-token";

/**
 * Starts the real server when `LATEEN_KUBE_APISERVER` and `LATEEN_ETCD` name their programs; undefined otherwise.
 * @throws when it does not become ready.
 */
export async function startRealApiServer(port: number): Promise<RealApiServer | undefined> {
  const apiServer = process.env["LATEEN_KUBE_APISERVER"];
  const etcd = process.env["LATEEN_ETCD"];
  if (!apiServer || !etcd || !existsSync(apiServer) || !existsSync(etcd)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "lateen-real-"));
  const at = (name: string): string => join(folder, name);
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(at("sa.key"), privateKey);
  writeFileSync(at("tokens.csv"), `${token},admin,u-admin,"system:masters"\n`);
  const [clients, peers] = [`http://127.0.0.1:${port + 1}`, `http://127.0.0.1:${port + 2}`];
  const children: ChildProcess[] = [];
  const start = (program: string, args: readonly string[], log: string): void => {
    const out = openSync(at(log), "a");
    children.push(spawn(program, args, { cwd: folder, stdio: ["ignore", out, out] }));
  };
  start(
    etcd,
    [
      `--data-dir=${at("etcd")}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
    ],
    "etcd.log",
  );
  const begun = performance.now();
  start(
    apiServer,
    [
      `--etcd-servers=${clients}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${at("certs")}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--authorization-mode=RBAC",
      `--token-auth-file=${at("tokens.csv")}`,
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${at("sa.key")}`,
      `--service-account-signing-key-file=${at("sa.key")}`,
      "--endpoint-reconciler-type=none",
    ],
    "apiserver.log",
  );
  const end = async (): Promise<void> => {
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `https://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (performance.now() - begun > 90_000 || children.some(({ exitCode }) => exitCode !== null)) {
      const log = readFileSync(at("apiserver.log"), "utf8").slice(-1000);
      await end();
      throw new Error(`the real API server is not ready:\n${log}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    url,
    token,
    readyMs: performance.now() - begun,
    residentMb: () => children.reduce((sum, { pid }) => sum + residentMb(pid!), 0),
    [Symbol.asyncDispose]: end,
  };
}

/** VmRSS of a process. */
export function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return line === null ? Number.NaN : Number(line[1]) / 1024;
}

function isReady(url: string): Promise<boolean> {
  return new Promise((done) => {
    const call = request(
      `${url}/readyz`,
      { headers: { authorization: `Bearer ${token}` }, rejectUnauthorized: false, timeout: 2_000 },
      (answer) => {
        answer.resume();
        done(answer.statusCode === 200);
      },
    );
    call.once("timeout", () => call.destroy());
    call.once("error", () => done(false));
    call.end();
  });
}
