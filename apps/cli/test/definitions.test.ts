/** docs/definitions.md as it stands there: its definitions are delivered by the real command to a real server. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "@lateen/server/embedded";
import { type CommandResult, runCommand } from "./run-command.ts";

const document = readFileSync(resolve(import.meta.dirname, "../../../docs/definitions.md"), "utf8");

/** Examples by what their first comment says: a file's name, or `refused: …`. */
const examples = [...document.matchAll(/^```(?:cue|yaml)\n(?:\/\/|#) (.*)\n([^]*?)^```/gm)].map(
  ([, title, text]) => [title!, text!] as const,
);
const refused = examples.filter(([title]) => title.startsWith("refused: "));
const files = examples.filter(([title]) => !title.startsWith("refused: "));

describe("the examples of docs/definitions.md", () => {
  let server: RunningServer;
  let folder: string;
  const lateen = (...args: readonly string[]): Promise<CommandResult> => runCommand(args, folder);
  const withServer = (): readonly string[] => ["--kubeconfig", server.kubeconfigPath];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-definitions-"));
    mkdirSync(join(folder, "shop"));
    for (const [name, text] of files) writeFileSync(join(folder, "shop", name), text);
    server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog, nodeMode: "simulated" });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const shop = files.flatMap(([name]) => ["-f", `shop/${name}`]);

  it("are seven files and three refusals", () => {
    expect(files.map(([name]) => name)).toEqual([
      "site.cue",
      "guard.cue",
      "plain.cue",
      "budget.cue",
      "small.cue",
      "announce.cue",
      "shop.yaml",
    ]);
    expect(refused).toHaveLength(3);
  });

  it("make what they say, in a dry run", async () => {
    const { code, out, err } = await lateen("dry-run", ...shop, ...withServer());
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const part of ["kind: Deployment", "replicas: 2", "name: guard", "value: hello", "kind: Service"])
      expect(out).toContain(part);
    for (const part of ["kind: PodDisruptionBudget", "name: front-budget", "kind: ResourceQuota", 'pods: "20"'])
      expect(out).toContain(part);
    expect(out).not.toContain("owner: ann");
  });

  it("are delivered, and the step notes what was released", async () => {
    const { code, err } = await lateen("up", ...shop, "--timeout", "90s", ...withServer());
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const note = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "released" };
    expect(await server.client.get(note)).toMatchObject({ data: { image: "nginx:1.27" } });
    const front = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" };
    expect(await server.client.get(front)).toMatchObject({ spec: { replicas: 2 } });
  });

  it.for(refused)("are %s", async ([title, text]) => {
    writeFileSync(join(folder, "wrong.cue"), text);
    const { code, out, err } = await lateen("up", "-f", "wrong.cue", ...withServer());
    expect(code).not.toBe(0);
    expect(`${out}${err}`).toContain(title.slice("refused: ".length));
  });
});

describe("the examples of docs/applications.md", () => {
  let server: RunningServer;
  let folder: string;
  const lateen = (...args: readonly string[]): Promise<CommandResult> =>
    runCommand([...args, "--kubeconfig", server.kubeconfigPath], folder);
  const text = readFileSync(resolve(import.meta.dirname, "../../../docs/applications.md"), "utf8");
  const examples = [...text.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, example]) => example!);
  const application = examples[0];
  const policies = examples.find((example) => example.startsWith("policies:"));
  const settings = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "settings" };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-applications-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog, nodeMode: "simulated" });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function deliver(manifest: string): Promise<void> {
    writeFileSync(join(folder, "shop.yaml"), manifest);
    expect(await lateen("up", "shop.yaml", "--timeout", "90s")).toMatchObject({ code: 0, err: "" });
  }

  it("are delivered; what a revision no longer has goes with a receipt, and comes again by undo and rollback", async () => {
    await deliver(application!);
    expect(await server.client.get(settings)).toMatchObject({ data: { level: "info" } });

    const indented = policies!.replaceAll(/^/gm, "  ").trimEnd();
    await deliver(`${application!.split("    - name: settings")[0]!}${indented}\n`);
    await expect(server.client.get(settings)).rejects.toThrow(/not found/);

    const { items } = await server.client.list(
      { apiVersion: "v1", kind: "Secret", namespace: "default" },
      { labelSelector: "lateen.dev/receipt=true" },
    );
    expect(items).toHaveLength(1);
    const undone = await lateen("undo", items[0]!.metadata.name!);
    expect(undone.out).toBe("made again: ConfigMap default/settings\n");

    const back = await lateen("rollback", "shop", "--timeout", "90s");
    expect(back).toMatchObject({ code: 0, err: "" });
    expect(back.out).toContain("default/shop goes back to shop-v1");
    expect(await server.client.get(settings)).toMatchObject({ data: { level: "info" } });
  });
});
