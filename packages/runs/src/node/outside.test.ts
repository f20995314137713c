import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareTls } from "@lateen/apiserver/listen/node";
import { SMTPServer } from "smtp-server";
import { afterEach, describe, expect, it } from "vitest";
import { refuseAddress } from "./addresses.ts";
import { type Outside, createOutside } from "./outside.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function outside(guard: "local" | "shared", env: Record<string, string> = {}): Outside {
  const made = createOutside({ guard, env });
  cleanups.push(() => made[Symbol.asyncDispose]());
  return made;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("requests of steps", () => {
  it("follow redirects, but carry no header of a Secret to another host", async () => {
    const seen: { host: string; token: string | undefined; method: string | undefined }[] = [];
    const note = (request: IncomingMessage): void => {
      const { host = "", authorization } = request.headers;
      seen.push({ host, token: authorization, method: request.method });
    };
    const second = await listening(
      createServer((request, response) => {
        note(request);
        response.end("there");
      }),
    );
    const first = await listening(
      createServer((request, response) => {
        note(request);
        response.writeHead(302, { location: request.url === "/away" ? `http://${second}/` : "/away" }).end();
      }),
    );
    const { fetch } = outside("local");
    const answer = await fetch(`http://${first}/`, { method: "POST", body: "x", headers: { Authorization: "t" } });
    expect(await answer.text()).toBe("there");
    expect(seen).toEqual([
      { host: first, token: "t", method: "POST" },
      { host: first, token: "t", method: "GET" },
      { host: second, token: undefined, method: "GET" },
    ]);
  });

  it("end after five redirects", async () => {
    const host = await listening(createServer((_, response) => response.writeHead(307, { location: "/again" }).end()));
    await expect(outside("local").fetch(`http://${host}/`, {})).rejects.toThrow("more than 5 redirects");
  });

  it("trust the authority that they are given, and no unknown one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-outside-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const { ca, serverCertificate, serverKey } = prepareTls({ folder, host: "127.0.0.1" });
    const host = await listening(
      createTlsServer({ cert: serverCertificate, key: serverKey }, (_, response) =>
        response.end("safe"),
      ) as unknown as Server,
    );
    const { fetch } = outside("local");
    expect(await (await fetch(`https://${host}/`, { tls: { ca } })).text()).toBe("safe");
    await expect(fetch(`https://${host}/`, {})).rejects.toThrow(/certificate|self-signed/);
  });

  it("go through the proxy that the environment names", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url);
      socket.end("HTTP/1.1 403 no\r\n\r\n");
    });
    const host = await listening(proxy);
    await expect(
      outside("local", { HTTP_PROXY: `http://${host}` }).fetch("http://example.test/", {}),
    ).rejects.toThrow();
    expect(asked).toEqual(["example.test:80"]);
  });

  it("do not reach private addresses from a shared control plane, by number, by name or by redirect", async () => {
    const host = await listening(createServer((_, response) => response.end("inside")));
    const { fetch } = outside("shared");
    await expect(fetch(`http://${host}/`, {})).rejects.toThrow("private or local address");
    await expect(fetch(`http://localhost:${host.split(":")[1]}/`, {})).rejects.toThrow("private or local address");
    await expect(fetch("file:///etc/passwd", {})).rejects.toThrow("no protocol of requests");
    const redirecting = await listening(
      createServer((_, response) => response.writeHead(302, { location: "http://169.254.169.254/latest" }).end()),
    );
    await expect(outside("local").fetch(`http://${redirecting}/`, {})).rejects.toThrow("link-local");
  });

  it("know an IPv4 address within IPv6", () => {
    for (const address of ["::ffff:169.254.169.254", "fe80::1"])
      expect(() => refuseAddress(address, "local")).toThrow("link-local");
    expect(() => refuseAddress("::ffff:10.0.0.1", "shared")).toThrow("private");
    expect(() => refuseAddress("8.8.8.8", "shared")).not.toThrow();
    expect(() => refuseAddress("127.0.0.1", "local")).not.toThrow();
  });
});

describe("mail of steps", () => {
  it("is handed to its server with sender, recipients, subject and body", async () => {
    const mails: string[] = [];
    const users: (string | undefined)[] = [];
    const server = new SMTPServer({
      secure: false,
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) => {
        users.push(username);
        if (password === "right") done(null, { user: username });
        else done(new Error("wrong password"));
      },
      onData: (stream, _, done) => {
        let text = "";
        stream.on("data", (part: Buffer) => (text += part.toString()));
        stream.on("end", () => {
          mails.push(text);
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.server.address() as AddressInfo;
    const from = { address: "a@lateen.test", alias: "Lateen", password: "right", host: "127.0.0.1", port };
    const mail = { from, to: ["b@lateen.test"], subject: "done", body: "<b>it runs</b>", messageId: "<1@lateen>" };
    const { sendMail } = outside("local");
    await sendMail(mail);
    expect(users).toEqual(["a@lateen.test"]);
    expect(mails[0]).toContain("Message-ID: <1@lateen>");
    expect(mails[0]).toContain("Subject: done");
    expect(mails[0]).toContain("<b>it runs</b>");
    await expect(sendMail({ ...mail, from: { ...from, password: "wrong" } })).rejects.toThrow("wrong password");
  });
});
