/**
 * The roles and bindings that every cluster has (plugin/pkg/auth/authorizer/rbac/bootstrappolicy), in a compact form:
 * `VERBS: GROUP/RESOURCE,RESOURCE …`; the core group is written `core`.
 */
import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

const read = "get,list,watch";
const write = "create,delete,deletecollection,patch,update";

const workloadScales =
  "daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status";

const viewRules = [
  `${read}: core/configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status`,
  `${read}: core/bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status`,
  `${read}: core/namespaces`,
  `${read}: core|events.k8s.io/events`,
  `${read}: discovery.k8s.io/endpointslices`,
  `${read}: apps/controllerrevisions,${workloadScales},statefulsets,statefulsets/scale,statefulsets/status`,
  `${read}: autoscaling/horizontalpodautoscalers,horizontalpodautoscalers/status`,
  `${read}: batch/cronjobs,cronjobs/status,jobs,jobs/status`,
  `${read}: extensions/daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale`,
  `${read}: policy/poddisruptionbudgets,poddisruptionbudgets/status`,
  `${read}: networking.k8s.io/ingresses,ingresses/status,networkpolicies`,
  `${read}: resource.k8s.io/resourceclaims,resourceclaims/status,resourceclaimtemplates`,
];

const editRules = [
  `${read}: core/pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy`,
  "impersonate: core/serviceaccounts",
  `${write}: core/pods,pods/attach,pods/exec,pods/portforward,pods/proxy`,
  "create: core/pods/eviction",
  `${write}: core/configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy`,
  "create: core/serviceaccounts/token",
  `${write}: core|events.k8s.io/events`,
  `${write}: apps/daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale`,
  `${write}: autoscaling/horizontalpodautoscalers`,
  `${write}: batch/cronjobs,jobs`,
  `${write}: extensions/daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale`,
  `${write}: policy/poddisruptionbudgets`,
  `${write}: networking.k8s.io/ingresses,networkpolicies`,
  "create,delete,deletecollection,get,list,patch,update,watch: coordination.k8s.io/leases",
  `${write}: resource.k8s.io/resourceclaims,resourceclaimtemplates`,
];

const adminRules = [
  "create: authorization.k8s.io/localsubjectaccessreviews",
  "create,delete,deletecollection,get,list,patch,update,watch: rbac.authorization.k8s.io/rolebindings,roles",
];

const discoveryUrls = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];
const publicUrls = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

const schedulerRules = [
  "create,patch,update: core/events",
  "create,patch,update: events.k8s.io/events",
  `create,${read},update: coordination.k8s.io/leases`,
  `${read}: core/nodes,namespaces,services,replicationcontrollers,persistentvolumeclaims,persistentvolumes`,
  `delete,${read}: core/pods`,
  "create: core/bindings,pods/binding",
  "patch,update: core/pods/status",
  `${read}: apps/replicasets,statefulsets`,
  `${read}: policy/poddisruptionbudgets`,
  `${read}: storage.k8s.io/csinodes,csidrivers,csistoragecapacities,storageclasses,volumeattachments`,
];

const nodeRules = [
  `create,${read},patch,update: core/nodes`,
  "patch,update: core/nodes/status",
  `create,delete,${read}: core/pods`,
  "patch,update: core/pods/status",
  "create,patch,update: core/events",
  `${read}: core/configmaps,secrets,services,persistentvolumeclaims,persistentvolumes`,
  "create: core/serviceaccounts/token",
  `create,delete,${read},patch,update: coordination.k8s.io/leases`,
  "create: authentication.k8s.io/tokenreviews",
  "create: authorization.k8s.io/localsubjectaccessreviews,subjectaccessreviews",
];

interface RoleRow {
  readonly name: string;
  readonly rules?: readonly string[];
  readonly urls?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Label that says which roles this one is the sum of. */
  readonly aggregates?: string;
}

const aggregate = (to: string): string => `rbac.authorization.k8s.io/aggregate-to-${to}`;

const roles: readonly RoleRow[] = [
  { name: "cluster-admin", rules: ["*: */*"], urls: ["*"] },
  { name: "admin", aggregates: aggregate("admin") },
  { name: "edit", aggregates: aggregate("edit"), labels: { [aggregate("admin")]: "true" } },
  { name: "view", aggregates: aggregate("view"), labels: { [aggregate("edit")]: "true" } },
  { name: "system:aggregate-to-admin", rules: adminRules, labels: { [aggregate("admin")]: "true" } },
  { name: "system:aggregate-to-edit", rules: editRules, labels: { [aggregate("edit")]: "true" } },
  { name: "system:aggregate-to-view", rules: viewRules, labels: { [aggregate("view")]: "true" } },
  { name: "system:discovery", urls: discoveryUrls },
  { name: "system:public-info-viewer", urls: publicUrls },
  {
    name: "system:monitoring",
    urls: ["/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*"],
  },
  {
    name: "system:basic-user",
    rules: [
      "create: authorization.k8s.io/selfsubjectaccessreviews,selfsubjectrulesreviews",
      "create: authentication.k8s.io/selfsubjectreviews",
    ],
  },
  {
    name: "system:auth-delegator",
    rules: ["create: authentication.k8s.io/tokenreviews", "create: authorization.k8s.io/subjectaccessreviews"],
  },
  {
    name: "system:service-account-issuer-discovery",
    urls: [
      "/.well-known/openid-configuration",
      "/.well-known/openid-configuration/",
      "/openid/v1/jwks",
      "/openid/v1/jwks/",
    ],
  },
  { name: "system:kube-scheduler", rules: schedulerRules },
  { name: "system:node", rules: nodeRules },
  { name: "system:kube-controller-manager", rules: [`${read},create,delete,patch,update: */*`] },
  {
    name: "system:node-proxier",
    rules: [
      `${read}: core/endpoints,nodes,services`,
      `${read}: discovery.k8s.io/endpointslices`,
      "create,patch,update: events.k8s.io/events",
    ],
  },
];

/** `ROLE GROUP…`: who has what from the start. */
const bindings: readonly (readonly [role: string, groups: readonly string[], users?: readonly string[]])[] = [
  ["cluster-admin", ["system:masters"]],
  ["system:basic-user", ["system:authenticated"]],
  ["system:discovery", ["system:authenticated"]],
  ["system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]],
  ["system:monitoring", ["system:monitoring"]],
  ["system:service-account-issuer-discovery", ["system:serviceaccounts"]],
  ["system:kube-scheduler", [], ["system:kube-scheduler"]],
  ["system:kube-controller-manager", [], ["system:kube-controller-manager"]],
  ["system:node-proxier", [], ["system:kube-proxy"]],
];

const rbac = "rbac.authorization.k8s.io";
const common = {
  labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
  annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
};

const authenticationReader = "extension-apiserver-authentication-reader";

interface SystemRole {
  readonly role: string;
  readonly rules: readonly JsonObject[];
  readonly binding: string;
  readonly users: readonly string[];
  readonly accounts: readonly string[];
}

function leaderRole(component: string, accounts: readonly string[]): SystemRole {
  const name = `system::leader-locking-${component}`;
  return {
    role: name,
    rules: ["leases", "leasecandidates"].map((plural) =>
      ruleOf(`create,${read.replace("watch", "update,watch")}: coordination.k8s.io/${plural}`),
    ),
    binding: name,
    users: [`system:${component}`],
    accounts,
  };
}

/** Roles in kube-system, and who has them. Servers of other APIs have themselves bound to the first. */
const systemRoles: readonly SystemRole[] = [
  {
    role: authenticationReader,
    rules: [{ ...ruleOf(`${read}: core/configmaps`), resourceNames: ["extension-apiserver-authentication"] }],
    binding: `system::${authenticationReader}`,
    users: ["system:kube-controller-manager", "system:kube-scheduler"],
    accounts: [],
  },
  leaderRole("kube-controller-manager", ["kube-controller-manager", "leader-election-controller"]),
  leaderRole("kube-scheduler", ["kube-scheduler"]),
];

/** Roles and bindings to create, of the cluster and in kube-system. */
export function builtinRbac(): readonly KubeObject[] {
  return [
    ...roles.map(roleOf),
    ...bindings.map(([role, groups, users = []]) => bindingOf(role, groups, users)),
    ...systemRoles.flatMap(systemRoleOf),
  ];
}

function systemRoleOf({ role, rules, binding, users, accounts }: SystemRole): readonly KubeObject[] {
  const namespace = "kube-system";
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: role, namespace, ...common },
      rules,
    } as unknown as KubeObject,
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: binding, namespace, ...common },
      roleRef: { apiGroup: rbac, kind: "Role", name: role },
      subjects: [
        ...users.map((name) => ({ apiGroup: rbac, kind: "User", name })),
        ...accounts.map((name) => ({ kind: "ServiceAccount", name, namespace })),
      ],
    } as unknown as KubeObject,
  ];
}

function roleOf({ name, rules = [], urls = [], labels, aggregates }: RoleRow): KubeObject {
  const all: JsonObject[] = rules.map(ruleOf);
  if (urls.length > 0) all.push({ nonResourceURLs: [...urls], verbs: [name === "cluster-admin" ? "*" : "get"] });
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name, ...common, labels: { ...common.labels, ...labels } },
    ...(aggregates === undefined
      ? { rules: all }
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: "true" } }] }, rules: null }),
  };
}

function ruleOf(text: string): JsonObject {
  const [verbs = "", target = ""] = text.split(": ");
  const slash = target.indexOf("/");
  const groups = target.slice(0, slash).split("|");
  return {
    verbs: verbs.split(","),
    apiGroups: groups.map((group) => (group === "core" ? "" : group)),
    resources: target.slice(slash + 1).split(","),
  };
}

function bindingOf(role: string, groups: readonly string[], users: readonly string[]): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: role, ...common },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    subjects: [
      ...groups.map((name) => ({ apiGroup: rbac, kind: "Group", name })),
      ...users.map((name) => ({ apiGroup: rbac, kind: "User", name })),
    ],
  };
}
