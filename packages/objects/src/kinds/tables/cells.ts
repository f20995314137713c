/** The cells of the built-in kinds after the name, in the order of `columnsOf`. */
import type { JsonObject, JsonValue } from "@lateen/base";
import { humanDuration } from "../../values/duration.ts";
import {
  accessModes,
  age,
  availability,
  balancers,
  bindingCells,
  certificateCondition,
  claimState,
  completions,
  deploymentSelectorText,
  controllerText,
  count,
  endpointsText,
  externalIp,
  firstFew,
  flag,
  hostsText,
  ingressParameters,
  isDefault,
  jobDuration,
  jobStatus,
  kernelVersion,
  labelsText,
  levelCells,
  nodeAddress,
  nodeRoles,
  nodeStatus,
  paramKind,
  paramRef,
  phase,
  portText,
  quotaCells,
  replicaCells,
  selectorText,
  slicePort,
  storageClass,
  workload,
} from "./cell-texts.ts";
import { metricsText } from "./metric-cells.ts";
import { ageText, podCells } from "./pod-cells.ts";
import { number, objects, read, record, shown, text, texts } from "./read.ts";

type Cells = (object: JsonObject, now: number) => JsonValue[];

const cells: Readonly<Record<string, Cells>> = {
  Pod: podCells,
  PodTemplate: (object) => [
    ...workload(read(object, "template"), "").slice(0, 2),
    labelsText(record(object, "template", "metadata", "labels")),
  ],
  PodDisruptionBudget: (object, now) => [
    shown(object, "spec", "minAvailable") ?? "N/A",
    shown(object, "spec", "maxUnavailable") ?? "N/A",
    number(object, "status", "disruptionsAllowed"),
    age(object, now),
  ],
  ReplicationController: (object, now) => [
    ...replicaCells(object, now),
    ...workload(read(object, "spec", "template"), labelsText(record(object, "spec", "selector"))),
  ],
  ReplicaSet: (object, now) => [
    ...replicaCells(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  DaemonSet: (object, now) => [
    ...[
      "desiredNumberScheduled",
      "currentNumberScheduled",
      "numberReady",
      "updatedNumberScheduled",
      "numberAvailable",
    ].map((name) => number(object, "status", name)),
    labelsText(record(object, "spec", "template", "spec", "nodeSelector")),
    age(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  Job: (object, now) => [
    jobStatus(object),
    completions(object),
    jobDuration(object, now),
    age(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  CronJob: (object, now) => {
    const last = text(object, "status", "lastScheduleTime");
    const suspend = read(object, "spec", "suspend");
    const job = read(object, "spec", "jobTemplate", "spec");
    return [
      text(object, "spec", "schedule"),
      shown(object, "spec", "timeZone") ?? "<none>",
      suspend === undefined ? "<unset>" : suspend === true ? "True" : "False",
      count(object, "status", "active"),
      last === "" ? "<none>" : ageText(last, now),
      age(object, now),
      ...workload(read(job, "template"), selectorText(read(job, "selector"))),
    ];
  },
  Service: (object, now) => [
    text(object, "spec", "type"),
    texts(object, "spec", "clusterIPs")[0] ?? "<none>",
    externalIp(object),
    objects(object, "spec", "ports").map(portText).join(",") || "<none>",
    age(object, now),
    labelsText(record(object, "spec", "selector")),
  ],
  Ingress: (object, now) => [
    shown(object, "spec", "ingressClassName") ?? "<none>",
    hostsText(objects(object, "spec", "rules")),
    balancers(object).join(","),
    count(object, "spec", "tls") > 0 ? "80, 443" : "80",
    age(object, now),
  ],
  IngressClass: (object, now) => [text(object, "spec", "controller"), ingressParameters(object), age(object, now)],
  StatefulSet: (object, now) => [
    `${number(object, "status", "readyReplicas")}/${number(object, "spec", "replicas")}`,
    age(object, now),
    ...workload(read(object, "spec", "template"), "").slice(0, 2),
  ],
  Endpoints: (object, now) => [endpointsText(object), age(object, now)],
  EndpointSlice: (object, now) => [
    text(object, "addressType"),
    firstFew(objects(object, "ports").map(slicePort), 3) || "<unset>",
    firstFew(
      objects(object, "endpoints").flatMap((endpoint) => texts(endpoint, "addresses")),
      3,
    ) || "<unset>",
    age(object, now),
  ],
  Node: (object, now) => [
    nodeStatus(object),
    nodeRoles(object),
    age(object, now),
    text(object, "status", "nodeInfo", "kubeletVersion"),
    nodeAddress(object, "InternalIP"),
    nodeAddress(object, "ExternalIP"),
    text(object, "status", "nodeInfo", "osImage") || "<unknown>",
    kernelVersion(object),
    text(object, "status", "nodeInfo", "containerRuntimeVersion") || "<unknown>",
  ],
  Namespace: (object, now) => [text(object, "status", "phase"), age(object, now)],
  Secret: (object, now) => [text(object, "type"), Object.keys(record(object, "data")).length, age(object, now)],
  ServiceAccount: (object, now) => [age(object, now)],
  ConfigMap: (object, now) => [
    Object.keys(record(object, "data")).length + Object.keys(record(object, "binaryData")).length,
    age(object, now),
  ],
  PersistentVolume: (object, now) => [
    shown(object, "spec", "capacity", "storage") ?? "0",
    accessModes(texts(object, "spec", "accessModes")),
    text(object, "spec", "persistentVolumeReclaimPolicy"),
    phase(object),
    read(object, "spec", "claimRef") === undefined
      ? ""
      : `${text(object, "spec", "claimRef", "namespace")}/${text(object, "spec", "claimRef", "name")}`,
    storageClass(object),
    shown(object, "spec", "volumeAttributesClassName") ?? "<unset>",
    text(object, "status", "reason"),
    age(object, now),
    shown(object, "spec", "volumeMode") ?? "<unset>",
  ],
  PersistentVolumeClaim: (object, now) => {
    const volume = text(object, "spec", "volumeName");
    return [
      phase(object),
      volume,
      volume === "" ? "" : (shown(object, "status", "capacity", "storage") ?? "0"),
      volume === "" ? "" : accessModes(texts(object, "status", "accessModes")),
      storageClass(object),
      shown(object, "spec", "volumeAttributesClassName") ?? "<unset>",
      age(object, now),
      shown(object, "spec", "volumeMode") ?? "<unset>",
    ];
  },
  ComponentStatus: (object) => {
    const condition = objects(object, "conditions").find((candidate) => text(candidate, "type") === "Healthy");
    if (condition === undefined) return ["Unknown", "", ""];
    const healthy = text(condition, "status") === "True" ? "Healthy" : "Unhealthy";
    return [healthy, text(condition, "message"), text(condition, "error")];
  },
  Deployment: (object, now) => [
    `${number(object, "status", "readyReplicas")}/${number(object, "spec", "replicas")}`,
    number(object, "status", "updatedReplicas"),
    number(object, "status", "availableReplicas"),
    age(object, now),
    ...workload(read(object, "spec", "template"), deploymentSelectorText(read(object, "spec", "selector"))),
  ],
  HorizontalPodAutoscaler: (object, now) => [
    `${text(object, "spec", "scaleTargetRef", "kind")}/${text(object, "spec", "scaleTargetRef", "name")}`,
    metricsText(object),
    shown(object, "spec", "minReplicas") ?? "<unset>",
    number(object, "spec", "maxReplicas"),
    number(object, "status", "currentReplicas"),
    age(object, now),
  ],
  NetworkPolicy: (object, now) => [selectorText(read(object, "spec", "podSelector")), age(object, now)],
  RoleBinding: bindingCells,
  ClusterRoleBinding: bindingCells,
  CertificateSigningRequest: (object, now) => [
    age(object, now),
    text(object, "spec", "signerName") || "<none>",
    text(object, "spec", "username"),
    read(object, "spec", "expirationSeconds") === undefined
      ? "<none>"
      : humanDuration(number(object, "spec", "expirationSeconds")),
    certificateCondition(object),
  ],
  Lease: (object, now) => [text(object, "spec", "holderIdentity"), age(object, now)],
  StorageClass: (object, now) => [
    text(object, "provisioner"),
    shown(object, "reclaimPolicy") ?? "Delete",
    shown(object, "volumeBindingMode") ?? "Immediate",
    flag(object, "allowVolumeExpansion"),
    age(object, now),
  ],
  VolumeAttributesClass: (object, now) => [text(object, "driverName"), age(object, now)],
  ControllerRevision: (object, now) => [controllerText(object), number(object, "revision"), age(object, now)],
  ResourceQuota: quotaCells,
  PriorityClass: (object, now) => [
    number(object, "value"),
    flag(object, "globalDefault"),
    age(object, now),
    text(object, "preemptionPolicy"),
  ],
  RuntimeClass: (object, now) => [text(object, "handler"), age(object, now)],
  VolumeAttachment: (object, now) => [
    text(object, "spec", "attacher"),
    text(object, "spec", "source", "persistentVolumeName"),
    text(object, "spec", "nodeName"),
    flag(object, "status", "attached"),
    age(object, now),
  ],
  CSINode: (object, now) => [count(object, "spec", "drivers"), age(object, now)],
  CSIDriver: (object, now) => [
    read(object, "spec", "attachRequired") !== false,
    flag(object, "spec", "podInfoOnMount"),
    flag(object, "spec", "storageCapacity"),
    read(object, "spec", "tokenRequests") === undefined
      ? "<unset>"
      : objects(object, "spec", "tokenRequests")
          .map((request) => text(request, "audience"))
          .join(","),
    flag(object, "spec", "requiresRepublish"),
    texts(object, "spec", "volumeLifecycleModes").join(",") || "<none>",
    age(object, now),
  ],
  CSIStorageCapacity: (object) => [text(object, "storageClassName"), shown(object, "capacity") ?? "<unset>"],
  MutatingWebhookConfiguration: (object, now) => [count(object, "webhooks"), age(object, now)],
  ValidatingWebhookConfiguration: (object, now) => [count(object, "webhooks"), age(object, now)],
  ValidatingAdmissionPolicy: (object, now) => [
    count(object, "spec", "validations"),
    paramKind(object),
    age(object, now),
  ],
  ValidatingAdmissionPolicyBinding: (object, now) => [
    text(object, "spec", "policyName"),
    paramRef(object),
    age(object, now),
  ],
  MutatingAdmissionPolicy: (object, now) => [count(object, "spec", "mutations"), paramKind(object), age(object, now)],
  MutatingAdmissionPolicyBinding: (object, now) => [
    text(object, "spec", "policyName"),
    paramRef(object),
    age(object, now),
  ],
  FlowSchema: (object, now) => [
    text(object, "spec", "priorityLevelConfiguration", "name"),
    number(object, "spec", "matchingPrecedence"),
    shown(object, "spec", "distinguisherMethod", "type") ?? "<none>",
    age(object, now),
    shown(
      objects(object, "status", "conditions").find((condition) => text(condition, "type") === "Dangling"),
      "status",
    ) ?? "?",
  ],
  PriorityLevelConfiguration: levelCells,
  Scale: (object, now) => [number(object, "spec", "replicas"), number(object, "status", "replicas"), age(object, now)],
  DeviceClass: (object, now) => [age(object, now)],
  ResourceClaim: (object, now) => [claimState(object), age(object, now)],
  ResourceClaimTemplate: (object, now) => [age(object, now)],
  ResourceSlice: (object, now) => [
    text(object, "spec", "nodeName"),
    text(object, "spec", "driver"),
    text(object, "spec", "pool", "name"),
    age(object, now),
  ],
  ServiceCIDR: (object, now) => [texts(object, "spec", "cidrs").join(","), age(object, now)],
  IPAddress: (object, now) => {
    const ref = read(object, "spec", "parentRef");
    if (ref === undefined) return ["<none>", age(object, now)];
    const resource = [text(ref, "resource"), text(ref, "group")].filter((part) => part !== "").join(".");
    const namespace = text(ref, "namespace");
    return [`${resource}/${namespace === "" ? "" : `${namespace}/`}${text(ref, "name")}`, age(object, now)];
  },
  APIService: (object, now) => [
    read(object, "spec", "service") === undefined
      ? "Local"
      : `${text(object, "spec", "service", "namespace")}/${text(object, "spec", "service", "name")}`,
    availability(object),
    age(object, now),
  ],
};

function eventCells(event: JsonObject, now: number): JsonValue[] {
  const first = ageText(text(event, "firstTimestamp") || text(event, "eventTime"), now);
  const lastTime = text(event, "lastTimestamp");
  const series = read(event, "series");
  const component = text(event, "source", "component") || text(event, "reportingComponent");
  const host = text(event, "source", "host") || text(event, "reportingInstance");
  const involved = read(event, "involvedObject");
  const kind = text(involved, "kind").toLowerCase();
  return [
    series === undefined
      ? lastTime === ""
        ? first
        : ageText(lastTime, now)
      : ageText(text(series, "lastObservedTime"), now),
    text(event, "type"),
    text(event, "reason"),
    text(involved, "name") === "" ? kind : `${kind}/${text(involved, "name")}`,
    text(involved, "fieldPath"),
    host === "" ? component : `${component}, ${host}`,
    text(event, "message").trim(),
    first,
    series === undefined ? number(event, "count") || 1 : number(series, "count"),
    text(event, "metadata", "name"),
  ];
}

/** events.k8s.io names the fields of an event otherwise; the columns are those of the core's. */
function coreEvent(event: JsonObject): JsonObject {
  if (text(event, "apiVersion") !== "events.k8s.io/v1") return event;
  return {
    ...event,
    involvedObject: read(event, "regarding") ?? {},
    message: text(event, "note"),
    source: read(event, "deprecatedSource") ?? {},
    reportingComponent: text(event, "reportingController"),
    firstTimestamp: text(event, "deprecatedFirstTimestamp"),
    lastTimestamp: text(event, "deprecatedLastTimestamp"),
    count: number(event, "deprecatedCount"),
  };
}

/** All cells of an object of a built-in kind, for `columnsOf(kind)`. */
export function cellsOf(kind: string, object: JsonObject, now: number): readonly JsonValue[] {
  if (kind === "Event") return eventCells(coreEvent(object), now);
  if (kind === "Status") return [text(object, "status"), text(object, "reason"), text(object, "message")];
  const own = Object.hasOwn(cells, kind) ? cells[kind] : undefined;
  if (own === undefined) return [text(object, "metadata", "name"), text(object, "metadata", "creationTimestamp")];
  return [nameOf(kind, object), ...own(object, now)];
}

function nameOf(kind: string, object: JsonObject): string {
  if (kind === "IngressClass") return isDefault(object, "ingressclass.kubernetes.io/is-default-class");
  if (kind === "StorageClass")
    return isDefault(
      object,
      "storageclass.kubernetes.io/is-default-class",
      "storageclass.beta.kubernetes.io/is-default-class",
    );
  return text(object, "metadata", "name");
}
