/** `lateen fix`, `why-field` and `dry-run --explain`: the examples of docs/applications.md, and a running server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "@lateen/server/embedded";
import { runCommand } from "./run-command.ts";

const docs = readFileSync(resolve(import.meta.dirname, "../../../docs/applications.md"), "utf8");

/** A section's file, and its commands with what they print. */
function section(title: string): {
  readonly file: string | undefined;
  readonly commands: readonly { readonly argv: readonly string[]; readonly out: string }[];
} {
  const text = docs.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? "";
  const consoles = [...text.matchAll(/^```console\n([^]*?)^```/gm)].map(([, block]) => block!);
  const commands = consoles.flatMap((block) =>
    block
      .split(/^\$ lateen /m)
      .slice(1)
      .map((one) => ({
        argv: one.slice(0, one.indexOf("\n")).split(" "),
        out: one.slice(one.indexOf("\n") + 1),
      })),
  );
  return { file: /^```yaml\n([^]*?)^```/m.exec(text)?.[1], commands };
}

const broken = section("Fix").file!;
const mended = broken
  .replace("webservise", "webservice")
  .replace("imgae", "image")
  .replace("512 Mi", '"512Mi"')
  .replace('"80"', "80");

describe("the examples of docs/applications.md", () => {
  let folder: string;
  /** No server: the definitions that come along. */
  const env = { LATEEN_DATA_DIR: "/nonexistent", HOME: "/nonexistent" };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lateen-why-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.for(section("Fix").commands)("lateen $argv prints what the section Fix says", async ({ argv, out }) => {
    writeFileSync(join(folder, "shop.yaml"), broken);
    const result = await runCommand(argv, folder, { env });
    expect(result.out).toBe(out);
    expect(result.code).toBe(0);
    expect(readFileSync(join(folder, "shop.yaml"), "utf8")).toBe(broken);
  });

  it.for(section("Why").commands)("lateen $argv prints what the section Why says", async ({ argv, out }) => {
    writeFileSync(join(folder, "shop.yaml"), mended);
    const result = await runCommand(argv, folder, { env });
    expect(result.out).toBe(out);
    expect(result.code).toBe(0);
  });

  it("writes with --write, and leaves comments and layout", async () => {
    writeFileSync(join(folder, "shop.yaml"), broken);
    const first = await runCommand(["fix", "--write", "shop.yaml"], folder, { env });
    expect(first.out).toContain("shop.yaml: 4 fixed, written: it renders 2 objects");
    expect(readFileSync(join(folder, "shop.yaml"), "utf8")).toBe(mended);
    const second = await runCommand(["fix", "shop.yaml"], folder, { env });
    expect(second.out).toBe("shop.yaml: nothing to change: it renders 2 objects\n");
  });

  it("says by its exit code what is left, and that it was used wrongly", async () => {
    writeFileSync(join(folder, "shop.yaml"), broken.replace("webservise", "teleporter"));
    const left = await runCommand(["fix", "shop.yaml"], folder, { env });
    expect(left.code).toBe(1);
    expect(left.err).toContain('shop.yaml:7:13: spec.components[0].type: unknown component type "teleporter"');
    expect((await runCommand(["fix"], folder, { env })).code).toBe(2);
    expect((await runCommand(["fix", "--write", "--dry-run", "shop.yaml"], folder, { env })).code).toBe(2);
  });

  it("gives changes, and explanations, as data", async () => {
    writeFileSync(join(folder, "shop.yaml"), broken);
    const fixed = JSON.parse((await runCommand(["fix", "-o", "json", "shop.yaml"], folder, { env })).out) as unknown;
    expect(fixed).toMatchObject([
      {
        source: "shop.yaml",
        left: [],
        applied: [
          { kind: "replace", path: "spec.components[0].type", value: "webservice" },
          { kind: "rename" },
          {},
          {},
        ],
      },
    ]);
    writeFileSync(join(folder, "shop.yaml"), mended);
    const explained = await runCommand(["dry-run", "--explain", "-o", "json", "shop.yaml"], folder, { env });
    const [deployment] = JSON.parse(explained.out) as [{ leaves: readonly { path: string }[] }];
    expect(deployment.leaves.find(({ path }) => path === "spec.replicas")).toMatchObject({
      value: 2,
      site: { by: { kind: "trait", type: "scaler" }, pos: { source: "definitions/traits/scaler.cue" } },
      reasons: [{ value: "scaler" }, { kind: "trait" }, { value: 2, pos: { source: "shop.yaml", line: 14 } }],
    });
  });

  it("writes the reason beside each field", async () => {
    writeFileSync(join(folder, "shop.yaml"), mended);
    const { out, code } = await runCommand(["dry-run", "--explain", "shop.yaml"], folder, { env });
    expect(code).toBe(0);
    expect(out).toMatch(
      /^ {10}image: nginx:1\.27 +# component webservice .*webservice\.cue:\d+:\d+ .* ← image shop\.yaml:9:16$/m,
    );
    expect(out).toMatch(
      /^ {2}replicas: 2 +# trait scaler .*scaler\.cue:18:2 `parameter\.replicas` ← replicas shop\.yaml:14:35$/m,
    );
  });

  it("says what there is where a field is not there", async () => {
    writeFileSync(join(folder, "shop.yaml"), mended);
    const { err, code } = await runCommand(["why-field", "shop/Ingress/spec", "-f", "shop.yaml"], folder, { env });
    expect([code, err]).toEqual([
      1,
      "lateen why-field: shop makes no Ingress/spec; it makes Deployment default/front, Service default/front\n",
    ]);
  });
});

describe("a running server", () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-why-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, nodeMode: "simulated", log: silentLog });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says why a field of a delivered object is as it is", async () => {
    writeFileSync(join(folder, "shop.yaml"), mended);
    const place = ["--data-dir", join(folder, "data")];
    const up = await runCommand(["up", "shop.yaml", ...place], folder);
    expect(up.code).toBe(0);
    const { out, code } = await runCommand(["why-field", "shop/Deployment/spec.replicas", ...place], folder);
    expect(out).toContain("written by trait scaler definitions/traits/scaler.cue:18:2 `parameter.replicas`");
    expect(out).toContain(
      "depends on spec.components[0].traits[0].properties.replicas (trait scaler of component front)",
    );
    expect(code).toBe(0);
  });
});
