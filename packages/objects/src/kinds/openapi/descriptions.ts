/**
 * What `kubectl explain` says about the types and fields that people ask for most, in our own words. A type without an
 * entry has no description; nothing is made up from its name.
 */

import { objectDescriptions } from "./object-descriptions.ts";
import { podDescriptions } from "./pod-descriptions.ts";

/** `TYPE` or `TYPE.FIELD`, the type without its package prefix: one line each, name and text apart by a blank. */
const texts = `
meta.v1.ObjectMeta What every stored object carries: its name, its identity, labels, owners and history.
meta.v1.ObjectMeta.name Unique in the namespace among objects of the kind; cannot be changed.
meta.v1.ObjectMeta.generateName The server appends five random characters and uses the result as name, when no name is given.
meta.v1.ObjectMeta.namespace The namespace that the object lives in; empty for cluster-scoped kinds; cannot be changed.
meta.v1.ObjectMeta.labels Key and value pairs by which objects are selected and grouped.
meta.v1.ObjectMeta.annotations Key and value pairs for tools; they cannot be selected by.
meta.v1.ObjectMeta.finalizers Names of what must be done before the object is removed; the last one to go lets it go.
meta.v1.ObjectMeta.ownerReferences The objects that this one belongs to; it is collected when all of them are gone.
meta.v1.ObjectMeta.uid The identity of this one object, given by the server; never used again.
meta.v1.ObjectMeta.resourceVersion Changes with every write; send it back to refuse a write over somebody else's.
meta.v1.ObjectMeta.generation Counts the changes of the desired state; set by the server.
meta.v1.ObjectMeta.creationTimestamp When the server created the object, RFC 3339 in UTC.
meta.v1.ObjectMeta.deletionTimestamp When the object is to be gone; set by the server once deletion was asked for.
meta.v1.ObjectMeta.deletionGracePeriodSeconds Seconds left for an orderly end, beside deletionTimestamp.
meta.v1.ObjectMeta.managedFields Which manager set which fields; kept by the server for server-side apply.
meta.v1.ObjectMeta.selfLink No longer filled.
meta.v1.ListMeta.resourceVersion The state of the store that the list shows; a watch can start from it.
meta.v1.ListMeta.continue Send it back to get the next page; empty on the last one.
meta.v1.ListMeta.remainingItemCount How many more items there are, when the server knows.
meta.v1.LabelSelector Selects objects by their labels; all requirements must hold, and an empty selector matches everything.
meta.v1.LabelSelector.matchLabels Labels that must have exactly these values.
meta.v1.LabelSelector.matchExpressions Requirements with an operator: In, NotIn, Exists, DoesNotExist.
meta.v1.OwnerReference.controller True for the one owner that manages this object.
meta.v1.OwnerReference.blockOwnerDeletion The owner cannot be removed in the foreground before this object is.
meta.v1.Time A point in time, RFC 3339 in whole seconds.
meta.v1.MicroTime A point in time, RFC 3339 with six digits after the second.
meta.v1.Status The answer of a request that returns no object: success, or what went wrong.
meta.v1.DeleteOptions How an object is deleted: grace period, preconditions, and what happens to its dependents.
meta.v1.DeleteOptions.propagationPolicy Orphan, Background or Foreground: what happens to the dependents.
meta.v1.DeleteOptions.gracePeriodSeconds Seconds for an orderly end; 0 removes at once.
meta.v1.DeleteOptions.preconditions The delete is refused unless these hold.
meta.v1.DeleteOptions.dryRun With "All" nothing is stored.
resource.Quantity A number with a unit: "500m", "1.5", "64Mi", "2Gi".
intstr.IntOrString A whole number, or text such as a percentage or the name of a port.
core.v1.Pod Containers that run together on one node and share its network and volumes.
core.v1.Pod.spec What shall run, and where.
core.v1.Pod.status What the node reported last.
core.v1.PodSpec What runs in a pod, and how.
core.v1.PodSpec.containers The containers; at least one.
core.v1.PodSpec.initContainers Run one after the other, each to its end, before the containers start.
core.v1.PodSpec.ephemeralContainers Added to a running pod for debugging.
core.v1.PodSpec.volumes What the containers can mount.
core.v1.PodSpec.restartPolicy When ended containers are started again: Always, OnFailure, Never.
core.v1.PodSpec.nodeName The node that the pod is bound to; set by the scheduler.
core.v1.PodSpec.nodeSelector Labels that the node must have.
core.v1.PodSpec.affinity Rules that draw the pod to nodes and other pods, or keep it away from them.
core.v1.PodSpec.tolerations Taints of a node that the pod puts up with.
core.v1.PodSpec.topologySpreadConstraints How pods are spread over zones, nodes or other domains.
core.v1.PodSpec.serviceAccountName The account whose rights the pod has.
core.v1.PodSpec.terminationGracePeriodSeconds Seconds between the request to end and the kill.
core.v1.PodSpec.imagePullSecrets Secrets for pulling the images.
core.v1.PodSpec.securityContext Settings for all containers: user, groups, seccomp and others.
core.v1.PodSpec.hostNetwork Uses the network of the node.
core.v1.PodSpec.dnsPolicy How names are resolved: ClusterFirst, Default, ClusterFirstWithHostNet, None.
core.v1.PodSpec.priorityClassName The class from which the priority is taken.
core.v1.PodSpec.schedulerName The scheduler that places the pod.
core.v1.PodSpec.activeDeadlineSeconds The pod fails when it is active for longer.
core.v1.PodTemplateSpec The pod that a workload makes copies of.
core.v1.Container One program with its image, its environment and its limits.
core.v1.Container.name Unique in the pod; a DNS label.
core.v1.Container.image The image to run, with tag or digest.
core.v1.Container.command Replaces the entrypoint of the image; no shell is involved.
core.v1.Container.args Replaces the arguments of the image.
core.v1.Container.workingDir The folder in which the program starts.
core.v1.Container.ports Ports that the program listens on.
core.v1.Container.env Environment variables.
core.v1.Container.envFrom Config maps and secrets whose keys become environment variables.
core.v1.Container.resources What the container is promised, and what it may not exceed.
core.v1.Container.volumeMounts Where volumes appear in the file system.
core.v1.Container.livenessProbe The container is restarted when this fails.
core.v1.Container.readinessProbe Services send traffic only while this succeeds.
core.v1.Container.startupProbe The other probes wait until this has succeeded once.
core.v1.Container.lifecycle Hooks after the start and before the end.
core.v1.Container.imagePullPolicy Always, IfNotPresent or Never.
core.v1.Container.securityContext User, capabilities and other privileges of this container.
core.v1.ContainerPort A port that a container listens on.
core.v1.ContainerPort.containerPort The number, 1 to 65535.
core.v1.ContainerPort.name A name by which services can refer to the port.
core.v1.ContainerPort.protocol TCP, UDP or SCTP.
core.v1.ContainerPort.hostPort The same port on the node.
core.v1.EnvVar One environment variable: a value, or a reference to one.
core.v1.EnvVar.name The name of the variable.
core.v1.EnvVar.value The value; $(NAME) refers to variables before it.
core.v1.EnvVar.valueFrom Where the value comes from instead.
core.v1.ResourceRequirements What is promised (requests) and what may not be exceeded (limits).
core.v1.ResourceRequirements.limits The most that may be used.
core.v1.ResourceRequirements.requests The least that is reserved; the limits, where nothing is said.
core.v1.Probe A check that the node makes again and again.
core.v1.Probe.initialDelaySeconds Seconds after the start before the first check.
core.v1.Probe.periodSeconds Seconds between checks.
core.v1.Probe.timeoutSeconds Seconds after which a check counts as failed.
core.v1.Probe.failureThreshold So many failures in a row count.
core.v1.Probe.successThreshold So many successes in a row count.
core.v1.Volume Something that containers can mount, by one of many sources.
core.v1.Volume.name The name that mounts refer to.
core.v1.VolumeMount A volume at a path of a container.
core.v1.VolumeMount.mountPath The path in the container.
core.v1.VolumeMount.name The volume's name.
core.v1.VolumeMount.subPath A path inside the volume, instead of its root.
core.v1.VolumeMount.readOnly The container cannot write to it.
core.v1.PodStatus The observed state of a pod.
core.v1.PodStatus.phase Pending, Running, Succeeded, Failed or Unknown.
core.v1.PodStatus.conditions What holds: PodScheduled, Initialized, ContainersReady, Ready.
core.v1.PodStatus.containerStatuses The state of each container.
core.v1.PodStatus.podIP The address of the pod.
core.v1.Service A stable name and address for a set of pods.
core.v1.Service.spec Which pods are behind it, on which ports, and how it is reached.
core.v1.ServiceSpec.selector Labels of the pods that get the traffic.
core.v1.ServiceSpec.ports The ports that the service listens on.
core.v1.ServiceSpec.type ClusterIP, NodePort, LoadBalancer or ExternalName.
core.v1.ServiceSpec.clusterIP The address, given by the server; "None" for a headless service.
core.v1.ServiceSpec.externalName The name that a service of type ExternalName stands for.
core.v1.ServiceSpec.sessionAffinity None, or ClientIP to keep a client on one pod.
core.v1.ServicePort.port The port of the service.
core.v1.ServicePort.targetPort The port of the pods, by number or name; the same as port when absent.
core.v1.ServicePort.nodePort The port on every node, for NodePort and LoadBalancer.
core.v1.ServicePort.protocol TCP, UDP or SCTP.
core.v1.ConfigMap Settings as text, for pods to read.
core.v1.ConfigMap.data Text by key.
core.v1.ConfigMap.binaryData Bytes by key, as base64.
core.v1.ConfigMap.immutable The data cannot be changed any more.
core.v1.Secret Data that not everybody may read.
core.v1.Secret.data Bytes by key, as base64.
core.v1.Secret.stringData Text by key, turned into data when written; never read back.
core.v1.Secret.type What the keys mean, such as kubernetes.io/tls.
core.v1.Secret.immutable The data cannot be changed any more.
core.v1.Namespace A part of the cluster in which names are unique.
core.v1.Node A machine that runs pods.
core.v1.NodeSpec.unschedulable No new pods are placed here.
core.v1.NodeSpec.taints Keeps pods away that do not tolerate them.
core.v1.ServiceAccount An identity for what runs in pods.
core.v1.PersistentVolumeClaim A request for storage.
core.v1.PersistentVolumeClaimSpec.accessModes ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
core.v1.PersistentVolumeClaimSpec.storageClassName The class that provides the volume; "" for none.
core.v1.PersistentVolumeClaimSpec.resources How much storage is asked for.
core.v1.PersistentVolume A piece of storage that a claim can be bound to.
core.v1.Event Something that happened to an object.
core.v1.LimitRange Least, most and default resources of pods and containers in a namespace.
core.v1.ResourceQuota How much all objects of a namespace may use together.
core.v1.Endpoints The addresses behind a service; EndpointSlices say more.
apps.v1.Deployment Keeps a number of equal pods running and replaces them step by step when the template changes.
apps.v1.Deployment.spec What shall run, how often, and how it is replaced.
apps.v1.Deployment.status How far it has come.
apps.v1.DeploymentSpec.replicas How many pods shall run.
apps.v1.DeploymentSpec.selector Labels of the pods that belong to it; cannot be changed.
apps.v1.DeploymentSpec.template The pod to run.
apps.v1.DeploymentSpec.strategy How old pods are replaced by new ones.
apps.v1.DeploymentSpec.minReadySeconds A pod counts as available after being ready for so long.
apps.v1.DeploymentSpec.paused Changes of the template are not rolled out.
apps.v1.DeploymentSpec.progressDeadlineSeconds The rollout counts as failed when it makes no progress for so long.
apps.v1.DeploymentSpec.revisionHistoryLimit How many old ReplicaSets are kept for going back.
apps.v1.DeploymentStrategy.type RollingUpdate or Recreate.
apps.v1.DeploymentStrategy.rollingUpdate How many pods may be missing and how many may be too many meanwhile.
apps.v1.RollingUpdateDeployment.maxSurge How many pods may be added, as number or percentage (rounded up).
apps.v1.RollingUpdateDeployment.maxUnavailable How many pods may be missing, as number or percentage (rounded down).
apps.v1.ReplicaSet Keeps a number of equal pods running.
apps.v1.StatefulSet Pods with fixed names and storage of their own, started in order.
apps.v1.DaemonSet One pod on every node, or on those that match.
apps.v1.ControllerRevision A state of a DaemonSet or StatefulSet that can be gone back to.
batch.v1.Job Runs pods until enough of them have succeeded.
batch.v1.JobSpec.completions How many pods must succeed.
batch.v1.JobSpec.parallelism How many pods may run at the same time.
batch.v1.JobSpec.backoffLimit How often a failed pod is tried again.
batch.v1.JobSpec.ttlSecondsAfterFinished Seconds after the end before the job is removed.
batch.v1.JobSpec.suspend No pods run while true.
batch.v1.CronJob Makes jobs by a schedule.
batch.v1.CronJobSpec.schedule Five fields as in cron, or @hourly and its like.
batch.v1.CronJobSpec.timeZone The zone in which the schedule is read.
batch.v1.CronJobSpec.concurrencyPolicy Allow, Forbid or Replace when the last job still runs.
batch.v1.CronJobSpec.suspend No new jobs are made while true.
networking.v1.Ingress Rules by which HTTP requests from outside reach services.
networking.v1.IngressSpec.rules Host and path, and the service behind them.
networking.v1.IngressSpec.tls Certificates by host.
networking.v1.IngressSpec.ingressClassName The class, and thereby the controller, that serves this.
networking.v1.NetworkPolicy Which traffic reaches and leaves the selected pods.
autoscaling.v2.HorizontalPodAutoscaler Changes the number of replicas so that metrics stay near their targets.
autoscaling.v1.HorizontalPodAutoscaler Changes the number of replicas so that the processor load stays near its target.
autoscaling.v1.Scale The number of replicas of something that can be scaled.
policy.v1.PodDisruptionBudget How many pods may be missing when they are evicted on purpose.
rbac.v1.Role Rights in one namespace.
rbac.v1.ClusterRole Rights in the whole cluster, or in whichever namespace they are bound.
rbac.v1.RoleBinding Gives the rights of a role to users, groups or accounts in one namespace.
rbac.v1.ClusterRoleBinding Gives the rights of a cluster role to users, groups or accounts everywhere.
storage.v1.StorageClass How volumes are provided.
coordination.v1.Lease Who holds something, until when.
scheduling.v1.PriorityClass A named priority of pods.
apiextensions.v1.CustomResourceDefinition Teaches the server a kind of its own.
`;

/** Said of the fields that every object has. */
const common: Readonly<Record<string, string>> = {
  apiVersion: "The group and version of the kind, such as apps/v1.",
  kind: "The name of the kind, such as Deployment.",
  metadata: "Name, namespace, labels and what else every object carries.",
  spec: "The state that is wanted.",
  status: "The state that was observed; written by controllers.",
  items: "The objects of the list.",
};

let known: ReadonlyMap<string, string> | undefined;

/** `TYPE` and `TYPE.FIELD` with their texts. */
export function descriptions(): ReadonlyMap<string, string> {
  known ??= new Map([...nested(podDescriptions), ...nested(objectDescriptions), ...flat(texts)]);
  return known;
}

function textOf(key: string): string | undefined {
  return descriptions().get(key);
}

function flat(lines: string): (readonly [key: string, text: string])[] {
  return lines.trim().split("\n").map(parted);
}

/** Of lines `TYPE TEXT`, where the text may be missing, and below each `  FIELD TEXT`. */
function nested(lines: string): (readonly [key: string, text: string])[] {
  let type = "";
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const [name, text] = parted(line.trim());
      if (line.startsWith(" ")) return [`${type}.${name}`, text] as const;
      type = name;
      return [name, text] as const;
    })
    .filter(([, text]) => text !== "");
}

function parted(line: string): readonly [name: string, text: string] {
  const end = line.indexOf(" ");
  return end < 0 ? [line, ""] : [line.slice(0, end), line.slice(end + 1)];
}

/** `io.k8s.api.apps.v1.Deployment` → `apps.v1.Deployment`; packages deeper down are shortened to their last part. */
export function keyOf(type: string): string {
  return /(?:^|\.)((?:[a-z]+\.v\d\w*|resource|intstr)\.\w+)$/.exec(type)?.[1] ?? type;
}

export function typeDescription(type: string): string | undefined {
  return textOf(keyOf(type));
}

export function fieldDescription(type: string, field: string): string | undefined {
  return textOf(`${keyOf(type)}.${field}`) ?? (Object.hasOwn(common, field) ? common[field] : undefined);
}
