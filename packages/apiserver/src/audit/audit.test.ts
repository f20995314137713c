import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "@lateen/base";
import { startTestApi } from "../testing/start-test-api.ts";
import type { AuditEvent } from "./audit-event.ts";
import { openAuditLog, parseAuditPolicy } from "./node.ts";

const policy = (rules: readonly JsonObject[], more: JsonObject = {}) =>
  parseAuditPolicy({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules, ...more });

async function start(rules: readonly JsonObject[], more: JsonObject = {}) {
  const events: AuditEvent[] = [];
  const api = await startTestApi({ audit: (event) => events.push(event), auditPolicy: policy(rules, more) });
  return { api, events };
}

const stages = (events: readonly AuditEvent[]) => events.map(({ stage }) => stage);
const maps = "/api/v1/namespaces/default/configmaps";

describe("audit", () => {
  it("tells the stages of a request, with its objects at RequestResponse and without managed fields where asked", async () => {
    const { api, events } = await start([{ level: "RequestResponse", omitManagedFields: true }]);
    await using _ = api;
    await api.call("POST", maps, { metadata: { name: "a" }, data: { k: "v" } }, { headers: { "user-agent": "me/1" } });
    expect(stages(events)).toEqual(["RequestReceived", "ResponseComplete"]);
    const [first, last] = events as [AuditEvent, AuditEvent];
    expect(first.responseStatus).toBeUndefined();
    expect(last).toMatchObject({
      level: "RequestResponse",
      auditID: first.auditID,
      requestURI: maps,
      verb: "create",
      user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
      userAgent: "me/1",
      objectRef: { resource: "configmaps", namespace: "default", name: "a", apiVersion: "v1" },
      responseStatus: { code: 201 },
      requestObject: { data: { k: "v" } },
      responseObject: { kind: "ConfigMap", data: { k: "v" } },
      annotations: { "authorization.k8s.io/decision": "allow" },
    });
    expect((last.responseObject as { metadata: JsonObject }).metadata.managedFields).toBeUndefined();
    expect(last.requestReceivedTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it("takes the first rule that is about a request", async () => {
    const { api, events } = await start(
      [
        { level: "None", users: ["bob"] },
        { level: "None", nonResourceURLs: ["/api*", "/healthz"] },
        {
          level: "Request",
          verbs: ["patch"],
          resources: [{ group: "", resources: ["configmaps"] }],
          namespaces: ["default"],
        },
        { level: "None", resources: [{ group: "", resources: ["pods/*"] }] },
        { level: "Metadata", omitStages: ["ResponseStarted"] },
      ],
      { omitStages: ["RequestReceived"] },
    );
    await using _ = api;
    await api.call("GET", "/api");
    await api.call("GET", "/api/v1/namespaces/default/pods/p/log");
    expect(events).toEqual([]);
    await api.call("GET", "/version");
    await api.call("POST", maps, { metadata: { name: "a" } });
    await api.patch(`${maps}/a`, "merge", { data: { k: "v" } });
    expect(events.map(({ level, verb, requestObject }) => [level, verb, requestObject])).toEqual([
      ["Metadata", "get", undefined],
      ["Metadata", "create", undefined],
      ["Request", "patch", { data: { k: "v" } }],
    ]);
    expect(events[2]?.responseObject).toBeUndefined();
  });

  it("never tells what a secret, a token or a review of one holds, whatever the policy says", async () => {
    const { api, events } = await start([{ level: "RequestResponse" }]);
    await using _ = api;
    const secrets = "/api/v1/namespaces/default/secrets";
    await api.call("POST", secrets, { metadata: { name: "s" }, stringData: { password: "correct horse" } });
    await api.patch(`${secrets}/s`, "merge", { stringData: { password: "battery staple" } });
    await api.call("GET", secrets);
    await api.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "sa" } });
    const token = await api.call("POST", "/api/v1/namespaces/default/serviceaccounts/sa/token", {});
    const bearer = (token.body.status as { token: string }).token;
    await api.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: bearer } });
    await api.server.handle({
      method: "GET",
      path: "/api",
      headers: { authorization: `Bearer ${bearer}` },
      signal: new AbortController().signal,
    });
    const text = JSON.stringify(events);
    for (const secret of ["correct horse", btoa("correct horse"), "battery", btoa("battery staple"), bearer]) {
      expect(text).not.toContain(secret);
    }
    expect(events.filter(({ stage }) => stage === "ResponseComplete").length).toBe(7);
  });

  it("tells refusals with their reason, the real user of an impersonation, and who was nobody", async () => {
    const { api, events } = await start([{ level: "Metadata" }], { omitStages: ["RequestReceived"] });
    await using _ = api;
    await api.call("GET", maps, undefined, { as: "bob" });
    expect(events[0]).toMatchObject({
      user: { username: "admin" },
      impersonatedUser: { username: "bob" },
      responseStatus: { code: 403, status: "Failure", reason: "Forbidden" },
      annotations: { "authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "" },
    });
    const { signal } = new AbortController();
    await api.server.handle({ method: "GET", path: maps, headers: { authorization: "Bearer x" }, signal });
    expect(events[1]).toMatchObject({ user: { username: "system:anonymous" }, responseStatus: { code: 401 } });
  });

  it("tells a watch when it begins and when it has ended", async () => {
    const { api, events } = await start([{ level: "Metadata" }]);
    await using _ = api;
    const watching = await api.call("GET", `${maps}?watch=true&timeoutSeconds=1`);
    expect(stages(events)).toEqual(["RequestReceived", "ResponseStarted"]);
    await api.lines(watching.response);
    expect(stages(events)).toEqual(["RequestReceived", "ResponseStarted", "ResponseComplete"]);
    expect(events.map(({ verb }) => verb)).toEqual(["watch", "watch", "watch"]);
  });

  it("writes lines to a file of its owner alone, and begins another when it is full", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-audit-"));
    const path = join(folder, "audit.log");
    const log = openAuditLog({ path, maxBytes: 2_000, backups: 2 });
    await using api = await startTestApi({ audit: log.sink });
    for (let n = 0; n < 12; n++) await api.call("GET", `/api/v1/namespaces/n${n}`);
    log.close();
    const lines = ["", ".1", ".2"].flatMap((end) =>
      readFileSync(`${path}${end}`, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as AuditEvent),
    );
    expect(lines.every(({ kind }) => kind === "Event")).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).size).toBeLessThanOrEqual(2_000);
    rmSync(folder, { recursive: true });
  });

  it.each<[JsonObject, string]>([
    [{ kind: "X" }, "kind: must be Policy"],
    [{ rules: [] }, "rules: at least one rule is needed"],
    [{ rules: [{ level: "All" }] }, "rules[0].level: must be one of None, Metadata, Request, RequestResponse"],
    [{ rules: [{ level: "None", omitStages: ["End"] }] }, "rules[0].omitStages: must be of"],
  ])("says where a policy is wrong (%#)", (part, message) => {
    expect(() => parseAuditPolicy({ apiVersion: "audit.k8s.io/v1", kind: "Policy", ...part })).toThrow(message);
  });
});
