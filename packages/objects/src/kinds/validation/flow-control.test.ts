import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { gvkOf, type KubeObject } from "../../kube-object.ts";
import { builtinFlowControl } from "../flow-control.ts";
import { builtinKinds } from "../kind-table.ts";
import { prepareNew } from "../strategy/prepare.ts";
import { validateKind } from "./validate.ts";

const kinds = builtinKinds();

function complaints(kind: string, name: string, spec: JsonObject): readonly string[] {
  const given: KubeObject = { apiVersion: "flowcontrol.apiserver.k8s.io/v1", kind, metadata: { name }, spec };
  const facts = kinds.lookup(gvkOf(given))!;
  const object = prepareNew(given, facts, { now: 0 });
  return validateKind(object, facts).map(({ field, message }) => `${field}: ${message}`);
}

const level = (name: string, spec: JsonObject) => complaints("PriorityLevelConfiguration", name, spec);
const queuing = (numbers: JsonObject): JsonObject => ({
  type: "Limited",
  limited: { limitResponse: { type: "Queue", queuing: numbers } },
});
const at = "spec.limited.limitResponse.queuing";

describe("priority levels", () => {
  it("of the server itself are right", () => {
    for (const { kind, metadata, ...rest } of builtinFlowControl)
      expect(complaints(kind, metadata.name ?? "", (rest as unknown as { spec: JsonObject }).spec)).toEqual([]);
  });

  // Recorded of kube-apiserver 1.36.3.
  it.each([
    ["b9", {}, ["spec.type: Required value"]],
    [
      "exempt",
      { type: "X" },
      [
        "spec.type: Invalid value: \"X\": must be 'Exempt' if and only if `name` is 'exempt'",
        'spec.type: Unsupported value: "X": supported values: "Exempt", "Limited"',
        'spec: Invalid value: {"Type":"X","Limited":null,"Exempt":null}: spec of \'exempt\' except the \'spec.exempt\' field must equal the fixed value',
      ],
    ],
    ["b3", { type: "X" }, ['spec.type: Unsupported value: "X": supported values: "Exempt", "Limited"']],
    [
      "b2",
      { type: "Exempt", limited: {} },
      [
        "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
        "spec.limited: Forbidden: must be nil if the type is not Limited",
      ],
    ],
    [
      "b1",
      {
        type: "Limited",
        limited: {
          nominalConcurrencyShares: -1,
          lendablePercent: 101,
          limitResponse: { type: "Reject", queuing: { queues: 1 } },
          borrowingLimitPercent: -1,
        },
      },
      [
        "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        `${at}: Forbidden: must be nil if limited.limitResponse.type is not Limited`,
        "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
        "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
      ],
    ],
    [
      "b3",
      queuing({ queues: 4, handSize: 9, queueLengthLimit: -1 }),
      [
        `${at}.queueLengthLimit: Invalid value: -1: must be positive`,
        `${at}.handSize: Invalid value: 9: should not be greater than queues (4)`,
      ],
    ],
    [
      "b3",
      queuing({ queues: 20_000_000, handSize: 300_000, queueLengthLimit: 1 }),
      [
        `${at}.queues: Invalid value: 20000000: must not be greater than 10000000`,
        `${at}.handSize: Invalid value: 300000: required entropy bits of deckSize 20000000 and handSize 300000 should not be greater than 60`,
      ],
    ],
    [
      "catch-all",
      { type: "Limited", limited: { nominalConcurrencyShares: 7, limitResponse: { type: "Reject" } } },
      [
        'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":7,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of \'catch-all\' must equal the fixed value',
      ],
    ],
    ["exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 7 } }, []],
  ] as const)("%s %j", (name, spec, expected) => {
    expect(level(name, spec)).toEqual(expected);
  });
});

describe("flow schemas", () => {
  it("say everything that is wrong, in kube-apiserver's words and order", () => {
    const found = complaints("FlowSchema", "b4", {
      priorityLevelConfiguration: { name: "" },
      matchingPrecedence: 20_000,
      distinguisherMethod: { type: "" },
      rules: [
        { subjects: [], resourceRules: [] },
        {
          subjects: [
            { kind: "X" },
            { kind: "Group", user: { name: "a" } },
            { kind: "ServiceAccount", serviceAccount: { namespace: "", name: "" } },
          ],
          nonResourceRules: [
            { verbs: ["*", "get"], nonResourceURLs: ["x", "*"] },
            { verbs: [], nonResourceURLs: [] },
            { verbs: ["put"], nonResourceURLs: ["a", "/a b", "/a//b", "/a*", "", "/a/*/b", "/", "/*"] },
          ],
          resourceRules: [
            { verbs: ["smile", "get"], apiGroups: ["*", "apps"], resources: [], namespaces: ["*", "a"] },
            { verbs: ["get"], apiGroups: [""], resources: ["_"] },
          ],
        },
      ],
    });
    const one = "spec.rules[1]";
    const supported =
      'supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"';
    expect(found).toEqual([
      "spec.matchingPrecedence: Invalid value: 20000: must not be greater than 10000",
      'spec.distinguisherMethod.type: Unsupported value: {"Type":""}: supported values: "ByNamespace", "ByUser"',
      "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
      "spec.rules[0].subjects: Required value: subjects must contain at least one value",
      "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty",
      `${one}.subjects[0].kind: Unsupported value: "X": supported values: "Group", "ServiceAccount", "User"`,
      `${one}.subjects[1].group: Required value: group is required when subject kind is 'Group'`,
      `${one}.subjects[1].user: Forbidden: user is forbidden when subject kind is not 'User'`,
      `${one}.subjects[2].serviceAccount.name: Required value`,
      `${one}.subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account`,
      `${one}.resourceRules[0].verbs: Unsupported value: ["smile","get"]: ${supported}`,
      `${one}.resourceRules[0].apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
      `${one}.resourceRules[0].resources: Required value: resource rules must supply at least one resource`,
      `${one}.resourceRules[0].namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify other namespaces`,
      `${one}.resourceRules[1].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
      `${one}.nonResourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
      `${one}.nonResourceRules[0].nonResourceURLs: Invalid value: ["x","*"]: if '*' is present, must not specify other non-resource URLs`,
      `${one}.nonResourceRules[1].verbs: Required value: verbs must contain at least one value`,
      `${one}.nonResourceRules[1].nonResourceURLs: Required value: nonResourceURLs must contain at least one value`,
      `${one}.nonResourceRules[2].verbs: Unsupported value: ["put"]: ${supported}`,
      `${one}.nonResourceRules[2].nonResourceURLs[0]: Invalid value: "a": must start with slash`,
      `${one}.nonResourceRules[2].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space`,
      `${one}.nonResourceRules[2].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash`,
      `${one}.nonResourceRules[2].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching`,
      `${one}.nonResourceRules[2].nonResourceURLs[4]: Invalid value: "": must not be empty`,
      `${one}.nonResourceRules[2].nonResourceURLs[5]: Invalid value: "/a/*/b": wildcard can only do suffix matching`,
    ]);
  });
});
