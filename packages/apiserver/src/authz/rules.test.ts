import { describe, expect, it } from "vitest";
import type { Attributes } from "./attributes.ts";
import { missingRules, ruleAllows } from "./rules.ts";

const user = { username: "u", groups: [] };
const asked = (verb: string, resource: string, rest: Partial<Attributes> = {}): Attributes => ({
  user,
  kind: "resource",
  verb,
  group: "",
  resource,
  ...rest,
});

describe("ruleAllows", () => {
  it.each([
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, asked("get", "pods"), true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, asked("get", "pods", { subresource: "log" }), false],
    [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, asked("delete", "pods", { subresource: "log" }), true],
    [
      { verbs: ["get"], apiGroups: [""], resources: ["*/status"] },
      asked("get", "pods", { subresource: "status" }),
      true,
    ],
    [
      { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"] },
      asked("get", "pods", { name: "a" }),
      true,
    ],
    [
      { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"] },
      asked("get", "pods", { name: "b" }),
      false,
    ],
    [{ verbs: ["list"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"] }, asked("list", "pods"), false],
    [{ verbs: ["get"], apiGroups: ["apps"], resources: ["pods"] }, asked("get", "pods"), false],
    [{ verbs: ["get"], nonResourceURLs: ["/api/*"] }, { user, kind: "path", verb: "get", path: "/api/v1" }, true],
    [{ verbs: ["get"], nonResourceURLs: ["/api"] }, { user, kind: "path", verb: "get", path: "/api/v1" }, false],
  ] as const)("%j for %j is %s", (rule, attributes, expected) => {
    expect(ruleAllows(rule, attributes)).toBe(expected);
  });
});

describe("missingRules", () => {
  it("names only what is not held, verbs of one thing together", () => {
    const held = [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }];
    const wanted = [
      { verbs: ["get", "delete"], apiGroups: [""], resources: ["pods"] },
      { verbs: ["list", "get"], apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["web"] },
    ];
    expect(missingRules(held, wanted)).toEqual([
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
      '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["web"], Verbs:["list" "get"]}',
    ]);
    expect(missingRules([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], wanted)).toEqual([]);
  });
});
