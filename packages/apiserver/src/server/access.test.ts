import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtinKinds } from "@lateen/objects/kinds";
import { subresourceOf } from "@lateen/objects/kinds";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.asyncDispose]());

const methods: Readonly<Record<string, readonly [method: string, named: boolean]>> = {
  create: ["POST", false],
  delete: ["DELETE", true],
  deletecollection: ["DELETE", false],
  get: ["GET", true],
  list: ["GET", false],
  patch: ["PATCH", true],
  update: ["PUT", true],
  watch: ["GET", false],
};

describe("a user without rights", () => {
  it("gets 403 for every verb of every resource and subresource", async () => {
    let asked = 0;
    const allowed: string[] = [];
    for (const kind of builtinKinds().kinds) {
      // What everybody may ask of themselves.
      if (kind.kind.startsWith("SelfSubject")) continue;
      const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
      const collection = `${root}${kind.namespaced ? "/namespaces/default" : ""}/${kind.plural}`;
      const targets: [string, string][] = kind.verbs.map((verb) => {
        const [method, named] = methods[verb]!;
        return [method, `${collection}${named ? "/x" : ""}${verb === "watch" ? "?watch=true" : ""}`];
      });
      for (const name of kind.subresources) {
        for (const verb of subresourceOf(kind, name)?.verbs ?? [])
          targets.push([methods[verb]![0], `${collection}/x/${name}`]);
      }
      for (const [method, path] of targets) {
        asked++;
        const { status, body } = await api.call(method, path, method === "GET" ? undefined : {}, { as: "nobody" });
        if (status !== 403 || body["reason"] !== "Forbidden") allowed.push(`${method} ${path}: ${status}`);
      }
    }
    expect(allowed).toEqual([]);
    expect(asked).toBeGreaterThan(500);
  });

  it("may do what a role says from the moment that it is bound", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const maps = "/api/v1/namespaces/default/configmaps";
    expect((await api.call("GET", maps, undefined, { as: "ann" })).status).toBe(403);
    await api.call("POST", `${rbac}/roles`, {
      metadata: { name: "reader" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }],
    });
    await api.call("POST", `${rbac}/rolebindings`, {
      metadata: { name: "ann-reads" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ann" }],
    });
    expect((await api.call("GET", maps, undefined, { as: "ann" })).status).toBe(200);
    expect((await api.call("POST", maps, { metadata: { name: "a" } }, { as: "ann" })).status).toBe(403);
    await api.call("DELETE", `${rbac}/rolebindings/ann-reads`);
    expect((await api.call("GET", maps, undefined, { as: "ann" })).status).toBe(403);
  });

  it("sees the sum of roles in an aggregated one, and what is added to it later", async () => {
    const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    const view = await api.call("GET", `${roles}/view`);
    expect((view.body["rules"] as unknown[]).length).toBeGreaterThan(5);
    await api.call("POST", roles, {
      metadata: { name: "view-widgets", labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
      rules: [{ apiGroups: ["example.com"], resources: ["widgets"], verbs: ["get"] }],
    });
    await expect
      .poll(async () => JSON.stringify((await api.call("GET", `${roles}/view`)).body["rules"]), { interval: 5 })
      .toContain("widgets");
  });
});
