import { createManualClock, createDeferred } from "@lateen/base";
import type { ApiResponse } from "@lateen/objects";
import { builtinFlowControl } from "@lateen/objects/kinds";
import { describe, expect, it } from "vitest";
import type { UserInfo } from "../request/context.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const users: Readonly<Record<string, UserInfo>> = {
  admin: { username: "admin", groups: ["system:masters", "system:authenticated"] },
  alice: { username: "alice", groups: ["system:authenticated"] },
  bob: { username: "bob", groups: ["system:authenticated"] },
  node: { username: "system:node:n1", groups: ["system:nodes", "system:authenticated"] },
  scheduler: { username: "system:kube-scheduler", groups: ["system:authenticated"] },
  account: {
    username: "system:serviceaccount:shop:cart",
    groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
  },
  system: {
    username: "system:serviceaccount:kube-system:job",
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  },
};

const group = "/apis/flowcontrol.apiserver.k8s.io/v1";

/** A server whose callers show tokens that are their names: those in process would be trusted. */
async function start(options: Parameters<typeof startTestApi>[0] = {}) {
  const api = await startTestApi({ tokenAuthenticators: [async (token) => users[token]], ...options });
  const ask = (token: string, method: string, path: string, body?: unknown): Promise<ApiResponse> =>
    api.server.handle({
      method,
      path,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
      signal: new AbortController().signal,
    });
  const uids = new Map<string, string>();
  const name = async (): Promise<void> => {
    for (const plural of ["flowschemas", "prioritylevelconfigurations"]) {
      const { body } = await api.call("GET", `${group}/${plural}`);
      for (const { metadata } of body.items as { metadata: { name: string; uid: string } }[])
        uids.set(metadata.uid, metadata.name);
    }
  };
  await name();
  return {
    api,
    ask,
    name,
    /** The schema and the level that the answer names. */
    async classOf(token: string, method: string, path: string): Promise<readonly (string | undefined)[]> {
      const { headers } = await ask(token, method, path);
      return ["x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid"].map((header) =>
        uids.get(String(headers[header])),
      );
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

async function conditionOf(api: TestApi, schema: string): Promise<unknown> {
  for (let n = 0; n < 50; n++) {
    const { body } = await api.call("GET", `${group}/flowschemas/${schema}`);
    const { conditions } = body.status as { conditions?: readonly unknown[] };
    if (conditions !== undefined) return conditions[0];
  }
  return undefined;
}

const textOf = ({ body }: ApiResponse): string => new TextDecoder().decode(body as Uint8Array);

describe("priority and fairness", () => {
  it("begins with the levels and schemas of a real server, none of them dangling", async () => {
    await using server = await start();
    const levels = await server.api.call("GET", `${group}/prioritylevelconfigurations`);
    const schemas = await server.api.call("GET", `${group}/flowschemas`);
    const namesOf = (body: unknown) =>
      (body as { items: { metadata: { name: string } }[] }).items.map((o) => o.metadata.name);
    expect(namesOf(levels.body)).toEqual([
      "catch-all",
      "exempt",
      "global-default",
      "leader-election",
      "node-high",
      "system",
      "workload-high",
      "workload-low",
    ]);
    expect(namesOf(schemas.body)).toHaveLength(11);
    expect(builtinFlowControl).toHaveLength(19);
    for (const { status } of schemas.body.items as { status: { conditions: { reason: string }[] } }[])
      expect(status.conditions.map(({ reason }) => reason)).toEqual(["Found"]);
  });

  it.each([
    ["admin", "GET", "/api/v1/pods", "exempt", "exempt"],
    ["bob", "GET", "/healthz", "probes", "exempt"],
    ["bob", "GET", "/version", "global-default", "global-default"],
    ["bob", "GET", "/api/v1/pods", "global-default", "global-default"],
    [
      "scheduler",
      "GET",
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x",
      "system-leader-election",
      "leader-election",
    ],
    ["scheduler", "GET", "/apis/coordination.k8s.io/v1/leases", "kube-scheduler", "workload-high"],
    ["node", "PUT", "/api/v1/nodes/n1/status", "system-node-high", "node-high"],
    ["node", "GET", "/api/v1/pods", "system-nodes", "system"],
    ["system", "GET", "/api/v1/pods", "kube-system-service-accounts", "workload-high"],
    ["account", "GET", "/api/v1/namespaces/shop/pods", "service-accounts", "workload-low"],
  ])(
    "classifies %s %s %s as %s at level %s, in the headers of every answer",
    async (user, method, path, schema, level) => {
      await using server = await start();
      expect(await server.classOf(user, method, path)).toEqual([schema, level]);
    },
  );

  it("follows the objects: a schema counts for the next request, one whose level is missing does not", async () => {
    await using server = await start();
    const { api } = server;
    const schema = (name: string, level: string) => ({
      metadata: { name },
      spec: {
        priorityLevelConfiguration: { name: level },
        matchingPrecedence: 50,
        distinguisherMethod: { type: "ByUser" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "alice" } }],
            nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/version", "/openapi/*"] }],
          },
        ],
      },
    });
    expect((await api.call("POST", `${group}/flowschemas`, schema("alice", "mine"))).status).toBe(201);
    expect(await server.classOf("alice", "GET", "/version")).toEqual(["global-default", "global-default"]);
    expect(await conditionOf(api, "alice")).toMatchObject({
      type: "Dangling",
      status: "True",
      reason: "NotFound",
      message:
        'This FlowSchema references the PriorityLevelConfiguration object named "mine" but there is no such object',
    });
    const level = { type: "Limited", limited: { nominalConcurrencyShares: 5, limitResponse: { type: "Reject" } } };
    await api.call("POST", `${group}/prioritylevelconfigurations`, { metadata: { name: "mine" }, spec: level });
    await server.name();
    expect(await server.classOf("alice", "GET", "/version")).toEqual(["alice", "mine"]);
    expect(await server.classOf("alice", "GET", "/openapi/v3")).toEqual(["alice", "mine"]);
    expect(await server.classOf("alice", "GET", "/apis")).toEqual(["global-default", "global-default"]);
  });

  it("answers 429 as kube-apiserver does where a level is full, while others go on", async () => {
    const held = createDeferred<void>();
    const began = createDeferred<void>();
    await using server = await start({
      admitters: [
        async ({ object }) => {
          if (object?.metadata.name !== "held") return { kind: "allowed" };
          began.resolve();
          await held.promise;
          return { kind: "allowed" };
        },
      ],
    });
    const { api, ask } = server;
    await api.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "all" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:authenticated" }],
    });
    await api.call("POST", `${group}/prioritylevelconfigurations`, {
      metadata: { name: "narrow" },
      spec: {
        type: "Limited",
        limited: { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: "Reject" } },
      },
    });
    const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] };
    await api.call("POST", `${group}/flowschemas`, {
      metadata: { name: "bobs" },
      spec: {
        priorityLevelConfiguration: { name: "narrow" },
        matchingPrecedence: 50,
        rules: [{ subjects: [{ kind: "User", user: { name: "bob" } }], resourceRules: [everything] }],
      },
    });
    await server.name();
    const maps = "/api/v1/namespaces/default/configmaps";
    const first = ask("bob", "POST", maps, { metadata: { name: "held" } });
    await began.promise;
    const second = await ask("bob", "GET", maps);
    expect([second.status, second.headers["retry-after"], textOf(second)]).toEqual([
      429,
      "1",
      "Too many requests, please try again later.\n",
    ]);
    expect(await server.classOf("bob", "GET", maps)).toEqual(["bobs", "narrow"]);
    expect((await ask("alice", "GET", maps)).status).toBe(200);
    held.resolve();
    expect((await first).status).toBe(201);
    expect((await ask("bob", "GET", maps)).status).toBe(200);
    const metrics = textOf(await ask("admin", "GET", "/metrics"));
    const labels = 'flow_schema="bobs",priority_level="narrow"';
    for (const line of [
      `apiserver_flowcontrol_rejected_requests_total{${labels},reason="concurrency-limit"} 2`,
      `apiserver_flowcontrol_dispatched_requests_total{${labels}} 2`,
      `apiserver_flowcontrol_current_executing_requests{${labels}} 0`,
      'apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"} 245',
      'apiserver_flowcontrol_lower_limit_seats{priority_level="workload-low"} 24',
      'apiserver_flowcontrol_upper_limit_seats{priority_level="workload-low"} 845',
    ])
      expect(metrics).toContain(`${line}\n`);
  });

  it("brings back within a minute what is deleted, and what is changed while the server may keep it", async () => {
    const clock = createManualClock();
    await using server = await start({ clock });
    const { api } = server;
    const levels = `${group}/prioritylevelconfigurations`;
    await api.call("DELETE", `${levels}/catch-all`);
    await api.patch(`${levels}/system`, "merge", { spec: { limited: { nominalConcurrencyShares: 31 } } });
    await api.patch(`${levels}/workload-low`, "merge", {
      metadata: { annotations: { "apf.kubernetes.io/autoupdate-spec": "false" } },
      spec: { limited: { nominalConcurrencyShares: 99 } },
    });
    const sharesOf = async (name: string) => {
      const { status, body } = await api.call("GET", `${levels}/${name}`);
      if (status !== 200) return status;
      return (body.spec as { limited: { nominalConcurrencyShares: number } }).limited.nominalConcurrencyShares;
    };
    expect([await sharesOf("catch-all"), await sharesOf("system"), await sharesOf("workload-low")]).toEqual([
      404, 31, 99,
    ]);
    await clock.advance(60_000);
    for (let n = 0; n < 50 && (await sharesOf("catch-all")) === 404; n++);
    expect([await sharesOf("catch-all"), await sharesOf("system"), await sharesOf("workload-low")]).toEqual([
      5, 30, 99,
    ]);
  });
});
