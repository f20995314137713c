import type { JsonObject } from "@lateen/base";
import type { FieldError } from "../../field-error.ts";
import { asJson, type KubeObject } from "../../kube-object.ts";
import type { Kind } from "../kind.ts";
import { admissionPolicy, policyBinding, webhooks } from "./admission.ts";
import { cronJob, job, jobUpdate } from "./batch.ts";
import { claim, claimUpdate } from "./claims.ts";
import * as core from "./core.ts";
import { FieldErrors } from "./field-errors.ts";
import { flowLevel, flowSchema } from "./flow-control.ts";
import * as networking from "./networking.ts";
import * as others from "./others.ts";
import { newPod } from "./pod.ts";
import { podUpdate } from "./pod-update.ts";
import { binding, bindingUpdate, clusterRole, role } from "./rbac.ts";
import * as services from "./services.ts";
import * as workloads from "./workloads.ts";

interface Validation {
  readonly create: (errors: FieldErrors, object: JsonObject) => void;
  /** Without one an update is checked as a creation is. */
  readonly update?: (errors: FieldErrors, object: JsonObject, old: JsonObject) => void;
}

const namespaced = { namespaced: true };
const clusterWide = { namespaced: false };

const validations: Readonly<Record<string, Validation>> = {
  "/Pod": { create: newPod, update: podUpdate },
  "/PodTemplate": { create: core.podTemplateObject },
  "/Service": { create: services.service, update: services.serviceUpdate },
  "/Endpoints": { create: services.endpoints, update: services.endpointsUpdate },
  "/ConfigMap": { create: core.configMap, update: core.configMapUpdate },
  "/Secret": { create: core.secret, update: core.secretUpdate },
  "/Namespace": { create: core.namespace, update: () => {} },
  "/Node": { create: core.node, update: core.nodeUpdate },
  "/PersistentVolume": { create: core.persistentVolume, update: core.persistentVolumeUpdate },
  "/PersistentVolumeClaim": { create: claim, update: claimUpdate },
  "/LimitRange": { create: core.limitRange },
  "/ResourceQuota": { create: core.resourceQuota, update: core.resourceQuotaUpdate },
  "/ReplicationController": { create: workloads.replicationController },
  "/Event": { create: core.event },
  "events.k8s.io/Event": { create: core.event },
  "apps/Deployment": { create: workloads.deployment, update: workloads.deploymentUpdate },
  "apps/ReplicaSet": { create: workloads.replicaSet, update: workloads.replicaSetUpdate },
  "apps/StatefulSet": { create: workloads.statefulSet, update: workloads.statefulSetUpdate },
  "apps/DaemonSet": { create: workloads.daemonSet, update: workloads.daemonSetUpdate },
  "apps/ControllerRevision": { create: workloads.controllerRevision, update: workloads.controllerRevisionUpdate },
  "batch/Job": { create: job, update: jobUpdate },
  "batch/CronJob": { create: cronJob },
  "autoscaling/HorizontalPodAutoscaler": { create: others.horizontalPodAutoscaler },
  "policy/PodDisruptionBudget": { create: others.podDisruptionBudget },
  "networking.k8s.io/Ingress": { create: networking.newIngress, update: networking.ingress },
  "networking.k8s.io/IngressClass": { create: networking.ingressClass, update: networking.ingressClassUpdate },
  "networking.k8s.io/NetworkPolicy": { create: networking.networkPolicy },
  "rbac.authorization.k8s.io/Role": { create: role },
  "rbac.authorization.k8s.io/ClusterRole": { create: clusterRole },
  "rbac.authorization.k8s.io/RoleBinding": {
    create: (errors, object) => binding(errors, object, namespaced),
    update: (errors, object, old) => bindingUpdate(errors, object, { old, ...namespaced }),
  },
  "rbac.authorization.k8s.io/ClusterRoleBinding": {
    create: (errors, object) => binding(errors, object, clusterWide),
    update: (errors, object, old) => bindingUpdate(errors, object, { old, ...clusterWide }),
  },
  "storage.k8s.io/StorageClass": { create: others.storageClass, update: others.storageClassUpdate },
  "storage.k8s.io/CSIDriver": { create: others.csiDriver, update: others.csiDriverUpdate },
  "storage.k8s.io/VolumeAttachment": { create: others.volumeAttachment, update: others.volumeAttachmentUpdate },
  "scheduling.k8s.io/PriorityClass": { create: others.priorityClass, update: others.priorityClassUpdate },
  "node.k8s.io/RuntimeClass": { create: others.runtimeClass, update: others.runtimeClassUpdate },
  "coordination.k8s.io/Lease": { create: others.lease },
  "discovery.k8s.io/EndpointSlice": { create: services.endpointSlice, update: services.endpointSliceUpdate },
  "certificates.k8s.io/CertificateSigningRequest": { create: others.certificateSigningRequest },
  "apiregistration.k8s.io/APIService": { create: others.apiService },
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration": { create: flowLevel },
  "flowcontrol.apiserver.k8s.io/FlowSchema": { create: flowSchema },
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": {
    create: (errors, object) => webhooks(errors, object, { mutating: false }),
  },
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": {
    create: (errors, object) => webhooks(errors, object, { mutating: true }),
  },
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy": {
    create: (errors, object) => admissionPolicy(errors, object, { mutating: false }),
  },
  "admissionregistration.k8s.io/MutatingAdmissionPolicy": {
    create: (errors, object) => admissionPolicy(errors, object, { mutating: true }),
  },
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding": {
    create: (errors, object) => policyBinding(errors, object, { mutating: false }),
  },
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding": {
    create: (errors, object) => policyBinding(errors, object, { mutating: true }),
  },
};

/**
 * What the API server refuses in an object of a built-in kind, beyond its metadata and what the schema says: a new one, or
 * one that replaces `old`. Takes prepared objects (`prepareNew`, `prepareChange`). Kinds without rules have no errors;
 * expressions in CEL, CustomResourceDefinitions and the allocation of addresses are checked elsewhere.
 */
export function validateKind(object: KubeObject, kind: Kind, old?: KubeObject): readonly FieldError[] {
  const errors = new FieldErrors();
  const validation = validations[`${kind.group}/${kind.kind}`];
  if (validation === undefined) return [];
  if (old === undefined || validation.update === undefined) validation.create(errors, asJson(object));
  else validation.update(errors, asJson(object), asJson(old));
  return errors.list;
}
