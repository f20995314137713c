import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";

/** A real etcd, started for a comparison. */
export interface EtcdProcess extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly endpoint: string;
}

/** Starts the program that `LATEEN_ETCD` names on `port` and the next one; undefined when there is none. @throws when it does not listen. */
export async function startEtcd(folder: string, port: number): Promise<EtcdProcess | undefined> {
  const program = process.env["LATEEN_ETCD"];
  if (!program || !existsSync(program)) return undefined;
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`];
  const child = spawn(
    program,
    [
      `--data-dir=${folder}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      "--log-level=error",
    ],
    { stdio: "ignore" },
  );
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  const begun = performance.now();
  while (!(await listens(port))) {
    if (performance.now() - begun > 30_000 || child.exitCode !== null) {
      await end();
      throw new Error("etcd does not listen");
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return { endpoint: `127.0.0.1:${port}`, [Symbol.asyncDispose]: end };
}

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}
