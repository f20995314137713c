/**
 * What a Kubernetes 1.36 API server serves: names, scope, verbs and subresources of the built-in kinds, as its
 * discovery documents show them (conformance/apiserver, discovery/*).
 */

/** One row: plural, Kind, scope, short names, categories, subresources, verbs (when not all). */
export interface ServedRow {
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
  readonly verbs: readonly string[];
}

export const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;

/** `PLURAL KIND ns|- short=… cat=… sub=… verbs=…`, in the order of discovery. */
const rows: readonly (readonly [groupVersion: string, text: string])[] = [
  [
    "v1",
    `bindings Binding ns verbs=create
componentstatuses ComponentStatus - short=cs verbs=get,list
configmaps ConfigMap ns short=cm
endpoints Endpoints ns short=ep
events Event ns short=ev
limitranges LimitRange ns short=limits
namespaces Namespace - short=ns sub=finalize,status verbs=create,delete,get,list,patch,update,watch
nodes Node - short=no sub=proxy,status
persistentvolumeclaims PersistentVolumeClaim ns short=pvc sub=status
persistentvolumes PersistentVolume - short=pv sub=status
pods Pod ns short=po cat=all sub=attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status
podtemplates PodTemplate ns
replicationcontrollers ReplicationController ns short=rc cat=all sub=scale,status
resourcequotas ResourceQuota ns short=quota sub=status
secrets Secret ns
serviceaccounts ServiceAccount ns short=sa sub=token
services Service ns short=svc cat=all sub=proxy,status`,
  ],
  ["apiregistration.k8s.io/v1", `apiservices APIService - cat=api-extensions sub=status`],
  [
    "apps/v1",
    `controllerrevisions ControllerRevision ns
daemonsets DaemonSet ns short=ds cat=all sub=status
deployments Deployment ns short=deploy cat=all sub=scale,status
replicasets ReplicaSet ns short=rs cat=all sub=scale,status
statefulsets StatefulSet ns short=sts cat=all sub=scale,status`,
  ],
  ["events.k8s.io/v1", `events Event ns short=ev`],
  [
    "authentication.k8s.io/v1",
    `selfsubjectreviews SelfSubjectReview - verbs=create
tokenreviews TokenReview - verbs=create`,
  ],
  [
    "authorization.k8s.io/v1",
    `localsubjectaccessreviews LocalSubjectAccessReview ns verbs=create
selfsubjectaccessreviews SelfSubjectAccessReview - verbs=create
selfsubjectrulesreviews SelfSubjectRulesReview - verbs=create
subjectaccessreviews SubjectAccessReview - verbs=create`,
  ],
  ["autoscaling/v2", `horizontalpodautoscalers HorizontalPodAutoscaler ns short=hpa cat=all sub=status`],
  ["autoscaling/v1", `horizontalpodautoscalers HorizontalPodAutoscaler ns short=hpa cat=all sub=status`],
  [
    "batch/v1",
    `cronjobs CronJob ns short=cj cat=all sub=status
jobs Job ns cat=all sub=status`,
  ],
  ["certificates.k8s.io/v1", `certificatesigningrequests CertificateSigningRequest - short=csr sub=approval,status`],
  [
    "networking.k8s.io/v1",
    `ingressclasses IngressClass -
ingresses Ingress ns short=ing sub=status
ipaddresses IPAddress - short=ip
networkpolicies NetworkPolicy ns short=netpol
servicecidrs ServiceCIDR - sub=status`,
  ],
  ["policy/v1", `poddisruptionbudgets PodDisruptionBudget ns short=pdb sub=status`],
  [
    "rbac.authorization.k8s.io/v1",
    `clusterrolebindings ClusterRoleBinding -
clusterroles ClusterRole -
rolebindings RoleBinding ns
roles Role ns`,
  ],
  [
    "storage.k8s.io/v1",
    `csidrivers CSIDriver -
csinodes CSINode -
csistoragecapacities CSIStorageCapacity ns
storageclasses StorageClass - short=sc
volumeattachments VolumeAttachment - sub=status
volumeattributesclasses VolumeAttributesClass - short=vac`,
  ],
  [
    "admissionregistration.k8s.io/v1",
    `mutatingadmissionpolicies MutatingAdmissionPolicy - cat=api-extensions
mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding - cat=api-extensions
mutatingwebhookconfigurations MutatingWebhookConfiguration - cat=api-extensions
validatingadmissionpolicies ValidatingAdmissionPolicy - cat=api-extensions sub=status
validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding - cat=api-extensions
validatingwebhookconfigurations ValidatingWebhookConfiguration - cat=api-extensions`,
  ],
  [
    "apiextensions.k8s.io/v1",
    `customresourcedefinitions CustomResourceDefinition - short=crd,crds cat=api-extensions sub=status`,
  ],
  ["scheduling.k8s.io/v1", `priorityclasses PriorityClass - short=pc`],
  ["coordination.k8s.io/v1", `leases Lease ns`],
  ["node.k8s.io/v1", `runtimeclasses RuntimeClass -`],
  ["discovery.k8s.io/v1", `endpointslices EndpointSlice ns`],
  [
    "resource.k8s.io/v1",
    `deviceclasses DeviceClass -
resourceclaims ResourceClaim ns sub=status
resourceclaimtemplates ResourceClaimTemplate ns
resourceslices ResourceSlice -`,
  ],
  [
    "flowcontrol.apiserver.k8s.io/v1",
    `flowschemas FlowSchema - sub=status
prioritylevelconfigurations PriorityLevelConfiguration - sub=status`,
  ],
  [
    "metrics.k8s.io/v1beta1",
    `nodes NodeMetrics - verbs=get,list
pods PodMetrics ns verbs=get,list`,
  ],
];

/** Kinds whose store keeps another version than the one asked for (storage of kube-apiserver 1.36). */
export const storageVersions: ReadonlyMap<string, string> = new Map([["autoscaling/HorizontalPodAutoscaler", "v2"]]);

/** All rows with their group and version, in the order of discovery. */
export function servedRows(): readonly (readonly [groupVersion: string, row: ServedRow])[] {
  return rows.flatMap(([groupVersion, text]) =>
    text.split("\n").map((line) => [groupVersion, parseRow(line)] as const),
  );
}

function parseRow(line: string): ServedRow {
  const [plural = "", kind = "", scope, ...rest] = line.split(" ");
  const words = new Map(rest.map((word) => word.split("=") as [string, string]));
  const listOf = (key: string): readonly string[] => words.get(key)?.split(",") ?? [];
  return {
    plural,
    kind,
    namespaced: scope === "ns",
    shortNames: listOf("short"),
    categories: listOf("cat"),
    subresources: listOf("sub"),
    verbs: words.has("verbs") ? listOf("verbs") : allVerbs,
  };
}
