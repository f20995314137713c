/**
 * The bare API server under load over HTTPS, beside the real kube-apiserver with etcd in the same run where
 * `LATEEN_KUBE_APISERVER` and `LATEEN_ETCD` name their programs; and what one write costs in CPU inside of it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "@lateen/objects";
import { writeCosts } from "./lib/api-write-costs.ts";
import { buildLoad, type Load, runLoad } from "./lib/load.ts";
import { residentMb, startRealApiServer } from "./lib/real-api-server.ts";
import type { Row } from "./lib/row.ts";
import { startServerProcess } from "./lib/server-process.ts";

const token = "bench-token";
const definitions = 50;
const seconds = process.env["LATEEN_BENCH_SECONDS"] ?? "3";
const steps: readonly (readonly string[])[] = [
  ["-run", "create,get,patch", "-seconds", seconds],
  ["-run", "pods,list,watch"],
];

function definition(i: number): KubeObject {
  const schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things${i}.bench.lateen.dev` },
    spec: {
      group: "bench.lateen.dev",
      scope: "Namespaced",
      names: { plural: `things${i}`, singular: `thing${i}`, kind: `Thing${i}`, listKind: `Thing${i}List` },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

export async function bench(): Promise<Row[]> {
  const program = buildLoad();
  const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
  const rows: Row[] = [];
  try {
    const tokens = join(folder, "tokens.csv");
    writeFileSync(tokens, `${token},admin,u-admin,"system:masters"\n`);
    const flags = ["--bare", "--token-auth-file", tokens];
    const dataDir = join(folder, "data");
    {
      await using server = await startServerProcess({ dataDir, flags });
      for (let i = 0; i < definitions; i++) await server.client.create(definition(i));
    }
    await using ours = await startServerProcess({ dataDir, flags });
    await new Promise((done) => setTimeout(done, 5_000));
    const oursMb = residentMb(ours.pid);
    await using real = await startRealApiServer(26_443);
    rows.push(
      row("ready with 50 definitions", ours.readyMs, "ms", real?.readyMs),
      row("resident 5 s after ready, 50 definitions", oursMb, "MB", real?.residentMb()),
    );
    const url = new URL(ours.address).origin;
    for (const args of steps) {
      const one = await runLoad(program, { url, token, args });
      const other = real && (await runLoad(program, { url: real.url, token: real.token, args }));
      for (const [i, load] of one.entries()) rows.push(loadRow(load, other?.[i]));
    }
    rows.push(row("resident after the load", residentMb(ours.pid), "MB", real?.residentMb()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [...rows, ...(await writeCosts())];
}

function row(what: string, figure: number, unit: string, reference: number | undefined): Row {
  return {
    what: `API server: ${what}`,
    figure,
    unit,
    ...(reference && { reference: { name: "the real one", figure: reference } }),
  };
}

function loadRow(load: Load, other: Load | undefined): Row {
  const clients = load.clients === undefined ? "" : `, ${load.clients} clients`;
  const what = `${load.name}${clients}`;
  const made =
    load.perSecond === undefined || load.perSecond === 0
      ? row(what, load.medianMs ?? Number.NaN, "ms", other?.medianMs)
      : row(what, load.perSecond, "/s", other?.perSecond);
  return load.errors > 0 ? { ...made, note: `${load.errors} errors` } : made;
}
