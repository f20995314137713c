import { describe, expect, it } from "vitest";
import { aggregatedDiscovery, apiGroup, apiResourceList, apiVersions, groupsOf } from "./discovery.ts";
import { builtinKinds } from "./kind-table.ts";
import { sha256 } from "./sha256.ts";

const kinds = builtinKinds();

function resourcesOf(group: string, version: string): readonly Record<string, unknown>[] {
  return (apiResourceList(kinds, { group, version })?.["resources"] ?? []) as readonly Record<string, unknown>[];
}

describe("legacy discovery", () => {
  it("lists versions with the preferred first", () => {
    expect(apiGroup(kinds, "autoscaling")).toMatchObject({
      versions: [{ version: "v2" }, { version: "v1" }],
      preferredVersion: { groupVersion: "autoscaling/v2" },
    });
    expect(apiGroup(kinds, "nosuch.example.com")).toBeUndefined();
    expect(apiVersions(kinds, "localhost:6443")).toMatchObject({ versions: ["v1"] });
  });

  it("shows subresources after their resource, with a foreign kind where there is one", () => {
    const names = resourcesOf("apps", "v1").map(({ name }) => name);
    expect(names.slice(3, 6)).toEqual(["deployments", "deployments/scale", "deployments/status"]);
    expect(resourcesOf("", "v1").find(({ name }) => name === "pods/eviction")).toEqual({
      name: "pods/eviction",
      singularName: "",
      namespaced: true,
      group: "policy",
      version: "v1",
      kind: "Eviction",
      verbs: ["create"],
    });
  });

  it("has the storage version hashes of the real server", () => {
    const hashOf = (group: string, version: string, plural: string): unknown =>
      resourcesOf(group, version).find(({ name }) => name === plural)?.["storageVersionHash"];
    expect(hashOf("", "v1", "configmaps")).toBe("qFsyl6wFWjQ=");
    expect(hashOf("apps", "v1", "deployments")).toBe("8aSe+NMegvE=");
    expect(hashOf("autoscaling", "v1", "horizontalpodautoscalers")).toBe("qwQve8ut294=");
    expect(hashOf("events.k8s.io", "v1", "events")).toBe("r2yiGXH7wu8=");
    expect(hashOf("", "v1", "bindings")).toBeUndefined();
  });
});

describe("aggregated discovery", () => {
  it("leaves the group empty for kinds of the list's own group", () => {
    const named = aggregatedDiscovery(kinds, "named") as unknown as { items: { metadata: { name: string } }[] };
    expect(named.items.map(({ metadata }) => metadata.name)).toEqual(groupsOf(kinds));
    const apps = JSON.stringify(named.items.find(({ metadata }) => metadata.name === "apps"));
    expect(apps).toContain('"responseKind":{"group":"","version":"","kind":"Deployment"}');
    expect(apps).toContain(
      '{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"}',
    );
  });
});

describe("sha256", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["a".repeat(119), "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"],
  ])("of %j", (text, hex) => {
    expect(Buffer.from(sha256(new TextEncoder().encode(text))).toString("hex")).toBe(hex);
  });
});
