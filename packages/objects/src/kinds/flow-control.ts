/**
 * The priority levels and flow schemas that every API server begins with (flowcontrol.apiserver.k8s.io, 1.36): `exempt` and
 * `catch-all` are fixed, the others a suggestion that users may change.
 */
import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "../kube-object.ts";

const apiVersion = "flowcontrol.apiserver.k8s.io/v1";
/** While it is there, an object is brought back to what the server suggests. */
const annotations = { "apf.kubernetes.io/autoupdate-spec": "true" };

interface Level {
  readonly name: string;
  readonly shares: number;
  readonly lendablePercent: number;
  /** Queues, hand size and length; without them what does not fit is refused. */
  readonly queuing?: readonly [queues: number, handSize: number, queueLengthLimit: number];
}

const levels: readonly Level[] = [
  { name: "system", shares: 30, lendablePercent: 33, queuing: [64, 6, 50] },
  { name: "node-high", shares: 40, lendablePercent: 25, queuing: [64, 6, 50] },
  { name: "leader-election", shares: 10, lendablePercent: 0, queuing: [16, 4, 50] },
  { name: "workload-high", shares: 40, lendablePercent: 50, queuing: [128, 6, 50] },
  { name: "workload-low", shares: 100, lendablePercent: 90, queuing: [128, 6, 50] },
  { name: "global-default", shares: 20, lendablePercent: 50, queuing: [128, 6, 50] },
  { name: "catch-all", shares: 5, lendablePercent: 0 },
];

function levelSpec({ shares, lendablePercent, queuing }: Level): JsonObject {
  const limitResponse: JsonObject =
    queuing === undefined
      ? { type: "Reject" }
      : { type: "Queue", queuing: { queues: queuing[0], handSize: queuing[1], queueLengthLimit: queuing[2] } };
  return { type: "Limited", limited: { nominalConcurrencyShares: shares, limitResponse, lendablePercent } };
}

const exemptSpec: JsonObject = { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } };

const user = (name: string): JsonObject => ({ kind: "User", user: { name } });
const group = (name: string): JsonObject => ({ kind: "Group", group: { name } });
const systemAccounts: JsonObject = { kind: "ServiceAccount", serviceAccount: { namespace: "kube-system", name: "*" } };
const everybody = [group("system:unauthenticated"), group("system:authenticated")];
const everyResource: JsonObject = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  clusterScope: true,
  namespaces: ["*"],
};
const everyPath: JsonObject = { verbs: ["*"], nonResourceURLs: ["*"] };

function leases(verbs: readonly string[]): JsonObject {
  return { verbs, apiGroups: ["coordination.k8s.io"], resources: ["leases"], namespaces: ["*"] };
}

const everything = (subjects: readonly JsonObject[]): JsonObject => ({
  subjects,
  resourceRules: [everyResource],
  nonResourceRules: [everyPath],
});

interface Schema {
  readonly name: string;
  readonly level: string;
  readonly precedence: number;
  readonly distinguisher?: "ByUser" | "ByNamespace";
  readonly rule: JsonObject;
}

const schemas: readonly Schema[] = [
  { name: "exempt", level: "exempt", precedence: 1, rule: everything([group("system:masters")]) },
  {
    name: "probes",
    level: "exempt",
    precedence: 2,
    rule: {
      subjects: everybody,
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    },
  },
  {
    name: "system-leader-election",
    level: "leader-election",
    precedence: 100,
    distinguisher: "ByUser",
    rule: {
      subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler"), systemAccounts],
      resourceRules: [leases(["get", "create", "update"])],
    },
  },
  {
    name: "system-node-high",
    level: "node-high",
    precedence: 400,
    distinguisher: "ByUser",
    rule: {
      subjects: [group("system:nodes")],
      resourceRules: [{ ...everyResource, apiGroups: [""], resources: ["nodes", "nodes/status"] }, leases(["*"])],
    },
  },
  {
    name: "system-nodes",
    level: "system",
    precedence: 500,
    distinguisher: "ByUser",
    rule: everything([group("system:nodes")]),
  },
  {
    name: "kube-controller-manager",
    level: "workload-high",
    precedence: 800,
    distinguisher: "ByNamespace",
    rule: everything([user("system:kube-controller-manager")]),
  },
  {
    name: "kube-scheduler",
    level: "workload-high",
    precedence: 800,
    distinguisher: "ByNamespace",
    rule: everything([user("system:kube-scheduler")]),
  },
  {
    name: "kube-system-service-accounts",
    level: "workload-high",
    precedence: 900,
    distinguisher: "ByNamespace",
    rule: everything([systemAccounts]),
  },
  {
    name: "service-accounts",
    level: "workload-low",
    precedence: 9_000,
    distinguisher: "ByUser",
    rule: everything([group("system:serviceaccounts")]),
  },
  {
    name: "global-default",
    level: "global-default",
    precedence: 9_900,
    distinguisher: "ByUser",
    rule: everything(everybody),
  },
  {
    name: "catch-all",
    level: "catch-all",
    precedence: 10_000,
    distinguisher: "ByUser",
    rule: everything(everybody),
  },
];

function schemaSpec({ level, precedence, distinguisher, rule }: Schema): JsonObject {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(distinguisher !== undefined && { distinguisherMethod: { type: distinguisher } }),
    rules: [rule],
  };
}

/** The objects, levels before the schemas that name them. */
export const builtinFlowControl: readonly KubeObject[] = [
  ...[
    { name: "exempt", spec: exemptSpec },
    ...levels.map((level) => ({ name: level.name, spec: levelSpec(level) })),
  ].map(({ name, spec }) => ({
    apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: { name, annotations },
    spec,
  })),
  ...schemas.map((schema) => ({
    apiVersion,
    kind: "FlowSchema",
    metadata: { name: schema.name, annotations },
    spec: schemaSpec(schema),
  })),
];

/** Names of the objects whose specs are fixed, and which come back when they are deleted. */
export const fixedFlowControl: ReadonlySet<string> = new Set(["exempt", "catch-all"]);

/** The spec of a fixed object of this kind; undefined for others. */
export function fixedFlowSpec(kind: string, name: string): JsonObject | undefined {
  if (!fixedFlowControl.has(name)) return undefined;
  const found = builtinFlowControl.find((object) => object.kind === kind && object.metadata.name === name);
  return (found as { readonly spec?: JsonObject } | undefined)?.spec;
}
