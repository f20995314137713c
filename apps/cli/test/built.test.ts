/** The product as it is built: one bundle, whose libraries are loaded when they are first needed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createClient } from "@lateen/client";
import { createNodeTransport } from "@lateen/client/node";
import { type KubeObject, valueAt } from "@lateen/objects";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const runs = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" } as const;

describe("the built server", () => {
  const asked: string[] = [];
  const mails: string[] = [];
  const web = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('{"count": 42}');
  });
  const mail = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(null, { user: "anybody" }),
    onData(stream, _session, done) {
      stream.on("data", (chunk: Buffer) => mails.push(chunk.toString()));
      stream.on("end", () => done());
    },
  });
  let folder: string;
  let server: ChildProcess;
  let said = "";

  beforeAll(async () => {
    const { VITEST: _, ...env } = process.env;
    folder = mkdtempSync(join(tmpdir(), "lateen-built-"));
    server = spawn(
      process.execPath,
      ["tools/lateen.mjs", "server", "--data-dir", folder, "--port", "0", "--node", "simulated"],
      {
        cwd: root,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    server.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    server.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await vi.waitFor(() => expect(said).toMatch(/^ready in/m), { timeout: 170_000, interval: 50 });
  });
  afterAll(async () => {
    const gone = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await gone;
    web.close();
    mail.close(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  it("sends what steps send: requests and mails", async () => {
    await new Promise<void>((done) => void web.listen(0, "127.0.0.1", done));
    await new Promise<void>((done) => void mail.listen(0, "127.0.0.1", done));
    const [webPort, mailPort] = [web, mail.server].map((one) => (one.address() as AddressInfo).port);
    await using transport = createNodeTransport(join(folder, "kubeconfig"));
    const client = createClient({ transport });
    await client.create({
      ...runs,
      metadata: { name: "release", namespace: "default" },
      spec: {
        workflowSpec: {
          steps: [
            {
              name: "ask",
              type: "request",
              properties: { url: `http://127.0.0.1:${webPort}/releases` },
              outputs: [
                { name: "count", valueFrom: 'import "strconv"\n"there are " + strconv.FormatInt(response.count, 10)' },
              ],
            },
            {
              name: "tell",
              type: "notification",
              inputs: [{ from: "count", parameterKey: "email.content.body" }],
              properties: {
                email: {
                  from: { address: "a@example.org", host: "127.0.0.1", port: mailPort, password: { value: "secret" } },
                  to: ["b@example.org"],
                  content: { subject: "released" },
                },
              },
            },
          ],
        },
      },
    } as unknown as KubeObject);
    const status = async (): Promise<unknown> =>
      valueAt(await client.get({ ...runs, namespace: "default", name: "release" }), "status", "status");
    await expect.poll(status, { timeout: 90_000 }).toBe("succeeded");
    expect(asked).toEqual(["GET /releases"]);
    expect(mails.join("")).toMatch(/^subject: released/im);
    expect(mails.join("")).toContain("there are 42");
  });
});
