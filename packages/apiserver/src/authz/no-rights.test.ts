import { describe, expect, it } from "vitest";
import type { JsonObject } from "@lateen/base";
import { builtinKinds } from "@lateen/objects/kinds";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

/** Who has no role at all: every request to every resource of the server, generated from its kind table. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly verb: string;
  readonly resource: string;
}

const base = (group: string, version: string) => (group === "" ? `/api/${version}` : `/apis/${group}/${version}`);

function requests(): readonly Asked[] {
  return builtinKinds().kinds.flatMap(({ group, version, plural, namespaced, subresources }) => {
    const root = base(group, version);
    const collection = `${root}${namespaced ? "/namespaces/default" : ""}/${plural}`;
    const item = `${collection}/x`;
    const one = (method: string, path: string, verb: string, resource = plural): Asked => ({
      method,
      path,
      verb,
      resource,
    });
    return [
      one("GET", item, "get"),
      one("GET", collection, "list"),
      one("GET", `${collection}?watch=true`, "watch"),
      ...(namespaced ? [one("GET", `${root}/${plural}`, "list"), one("GET", `${root}/watch/${plural}`, "watch")] : []),
      one("POST", collection, "create"),
      one("PUT", item, "update"),
      one("PATCH", item, "patch"),
      one("DELETE", item, "delete"),
      one("DELETE", collection, "deletecollection"),
      // Below a namespace stands a resource, not a subresource.
      ...[...(plural === "namespaces" ? [] : ["nosuch"]), ...subresources].flatMap((subresource) =>
        (
          [
            ["GET", "get"],
            ["POST", "create"],
            ["PUT", "update"],
            ["PATCH", "patch"],
            ["DELETE", "delete"],
          ] as const
        ).map(([method, verb]) => one(method, `${item}/${subresource}`, verb, `${plural}/${subresource}`)),
      ),
    ];
  });
}

/** What `system:basic-user` gives everybody. */
const everybodys = /\/(selfsubjectaccessreviews|selfsubjectrulesreviews|selfsubjectreviews)$/;

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const roleRef = (name: string, kind = "ClusterRole"): JsonObject => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind,
  name,
});
const user = (name: string): JsonObject => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name });

async function grant(api: TestApi, who: string, rules: readonly JsonObject[]): Promise<void> {
  const name = `${who}-${rules.length}-${JSON.stringify(rules).length}`;
  await api.call("POST", `${rbac}/clusterroles`, { metadata: { name }, rules });
  await api.call("POST", `${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: roleRef(name),
    subjects: [user(who)],
  });
}

describe("a user without rights", () => {
  it("is refused every verb of every resource and subresource, before anything else is looked at", async () => {
    await using api = await startTestApi();
    const all = requests();
    const allowed: string[] = [];
    const wrong: string[] = [];
    for (const { method, path, verb, resource } of all) {
      const body = method === "GET" ? undefined : "no json";
      const answered = await api.call(method, path, body, { as: "nobody" });
      if (answered.status === 403) {
        const text = String(answered.body.message);
        if (!text.includes(`User "nobody" cannot ${verb} resource "${resource}" in API group`))
          wrong.push(`${method} ${path}: ${text}`);
      } else if (method === "POST" && everybodys.test(path)) allowed.push(path);
      else wrong.push(`${method} ${path}: ${answered.status}`);
    }
    expect(wrong).toEqual([]);
    expect(allowed.length).toBe(3);
    expect(all.length).toBeGreaterThanOrEqual(1_200);
    // Upgrades are asked about as well.
    for (const subresource of ["exec", "attach", "portforward"]) {
      const upgraded = await api.server.upgrade(
        {
          method: "GET",
          path: `/api/v1/namespaces/default/pods/x/${subresource}`,
          headers: { "impersonate-user": "nobody" },
          signal: new AbortController().signal,
        },
        { peer: { user: { username: "admin", groups: ["system:masters"] } }, protocols: ["v5.channel.k8s.io"] },
      );
      expect(upgraded.kind === "refused" && upgraded.response.status).toBe(403);
    }
  }, 60_000);

  it("opens no stream into a pod with the right to read alone", async () => {
    await using api = await startTestApi();
    await grant(api, "reader", [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["get"] }]);
    const upgraded = await api.server.upgrade(
      {
        method: "GET",
        path: "/api/v1/namespaces/default/pods/x/exec?command=id&stdout=true",
        headers: { "impersonate-user": "reader" },
        signal: new AbortController().signal,
      },
      { peer: { user: { username: "admin", groups: ["system:masters"] } }, protocols: ["v5.channel.k8s.io"] },
    );
    expect(upgraded.kind === "refused" && upgraded.response.status).toBe(403);
  });
});

describe("nobody gives or takes what they do not have", () => {
  const writesRoles = {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["*"],
    verbs: ["create", "update", "patch", "get"],
  };
  const secrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };

  it("refuses a role with more than its writer holds, in every way of writing it, unless the writer may escalate", async () => {
    await using api = await startTestApi();
    await grant(api, "ann", [writesRoles]);
    const role = { metadata: { name: "r" }, rules: [secrets] };
    const as = { as: "ann" };
    expect((await api.call("POST", `${rbac}/clusterroles`, role, as)).status).toBe(403);
    await api.call("POST", `${rbac}/clusterroles`, { ...role, rules: [] });
    const path = `${rbac}/clusterroles/r`;
    const writes = [
      await api.call("PUT", path, role, as),
      await api.patch(path, "merge", { rules: [secrets] }, as),
      await api.patch(path, "json", [{ op: "add", path: "/rules", value: [secrets] }], as),
      await api.patch(
        `${path}?fieldManager=x&force=true`,
        "apply",
        { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", ...role },
        as,
      ),
    ];
    expect(writes.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(String(writes[0]!.body.message)).toContain("is attempting to grant RBAC permissions not currently held");
    await grant(api, "ann", [{ ...writesRoles, verbs: ["escalate"] }, secrets]);
    expect((await api.call("PUT", path, role, as)).status).toBe(200);
  });

  it("refuses a binding to a role with more than its writer holds, unless the writer may bind it", async () => {
    await using api = await startTestApi();
    await grant(api, "ann", [writesRoles]);
    const as = { as: "ann" };
    const binding = (name: string, ref = "cluster-admin") => ({
      metadata: { name },
      roleRef: roleRef(ref),
      subjects: [user("ann")],
    });
    expect((await api.call("POST", `${rbac}/clusterrolebindings`, binding("a"), as)).status).toBe(403);
    const inNamespace = await api.call("POST", `${rbac}/namespaces/default/rolebindings`, binding("a"), as);
    expect(inNamespace.status).toBe(403);
    await api.call("POST", `${rbac}/clusterroles`, { metadata: { name: "secrets" }, rules: [secrets] });
    await grant(api, "ann", [
      { ...writesRoles, resources: ["clusterroles"], verbs: ["bind"], resourceNames: ["secrets"] },
    ]);
    expect((await api.call("POST", `${rbac}/clusterrolebindings`, binding("b", "secrets"), as)).status).toBe(201);
    expect((await api.call("POST", `${rbac}/clusterrolebindings`, binding("c"), as)).status).toBe(403);
  });

  it.each<[string, Record<string, string>, JsonObject]>([
    ["a user", { "impersonate-user": "bob" }, { apiGroups: [""], resources: ["users"], resourceNames: ["bob"] }],
    [
      "a group",
      { "impersonate-user": "bob", "impersonate-group": "ops" },
      { apiGroups: [""], resources: ["groups"], resourceNames: ["ops"] },
    ],
    [
      "a uid",
      { "impersonate-user": "bob", "impersonate-uid": "7" },
      { apiGroups: ["authentication.k8s.io"], resources: ["uids"], resourceNames: ["7"] },
    ],
    [
      "extra",
      { "impersonate-user": "bob", "impersonate-extra-scopes": "view" },
      { apiGroups: ["authentication.k8s.io"], resources: ["userextras/scopes"], resourceNames: ["view"] },
    ],
    [
      "an account",
      { "impersonate-user": "system:serviceaccount:default:sa" },
      { apiGroups: [""], resources: ["serviceaccounts"], resourceNames: ["sa"] },
    ],
  ])("acts as %s only with the right to", async (what, headers, rule) => {
    await using api = await startTestApi();
    const peer = { user: { username: "ann", groups: [] } };
    const ask = async () => {
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const { signal } = new AbortController();
      return (
        await api.server.handle({ method: "POST", path, headers, body: new TextEncoder().encode("{}"), signal }, peer)
      ).status;
    };
    if (what !== "a user" && what !== "an account") {
      await grant(api, "ann", [{ apiGroups: [""], resources: ["users"], verbs: ["impersonate"] }]);
    }
    expect(await ask()).toBe(403);
    await grant(api, "ann", [{ ...rule, verbs: ["impersonate"] }, secrets]);
    expect(await ask()).toBe(201);
  });
});
