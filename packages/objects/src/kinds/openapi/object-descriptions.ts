/** Descriptions of the other kinds, in our own words: a line for the type, below it one for each field. */
export const objectDescriptions = `
meta.v1.Condition One thing that is true or not of an object, and since when.
  type What it is about.
  observedGeneration The generation of the spec that it was found for.
  lastTransitionTime When the status changed last.
  reason Why, in one word.
  message Why, for people.
meta.v1.LabelSelectorRequirement A key, an operator and values.
  key The label.
  operator In, NotIn, Exists or DoesNotExist.
  values None for Exists and DoesNotExist.
meta.v1.OwnerReference An object that this one belongs to.
  name The name of the owner.
  uid The uid of the owner.
core.v1.ServiceSpec Which pods a Service leads to, and how it is reached.
  clusterIPs All addresses, one for each family; the first is clusterIP.
  externalIPs Addresses of nodes that lead to the Service as well.
  loadBalancerIP An address asked of the load balancer; better an annotation of its own.
  loadBalancerSourceRanges Clients that the load balancer lets through.
  loadBalancerClass Which load balancer implementation is meant.
  allocateLoadBalancerNodePorts False leaves the node ports of a load balancer out.
  externalTrafficPolicy Cluster, or Local: only pods on the node that was asked.
  internalTrafficPolicy Cluster, or Local: only pods on the node of the client.
  healthCheckNodePort Where a load balancer learns whether a node has pods, for Local.
  publishNotReadyAddresses Pods that are not ready are told of as well.
  sessionAffinityConfig How long a client keeps its pod.
  ipFamilies IPv4, IPv6 or both.
  ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
  trafficDistribution Which endpoints are preferred, such as those of the same zone.
core.v1.ServicePort A port of a Service, and where it leads.
  name Must be given when there are several.
  appProtocol What is spoken on it, as a hint.
core.v1.ServiceStatus What was observed of a Service.
  loadBalancer Where the load balancer is reached.
  conditions What holds of the Service.
core.v1.NodeSpec What is wanted of a node.
  podCIDR The range of the node's pods.
  podCIDRs The same, one for each family.
  providerID The machine in the words of its provider.
core.v1.NodeStatus What was observed of a node.
  capacity What the machine has.
  allocatable What pods may use of it.
  conditions Such as Ready and MemoryPressure.
  addresses Names and addresses of the machine.
  nodeInfo Versions of what runs on it.
  images Images that are on it.
core.v1.ObjectReference Another object.
  namespace Its namespace.
  name Its name.
  uid Its uid.
  resourceVersion Its version at the time.
  fieldPath A part of it.
core.v1.Event Something that happened to an object; kept for an hour.
  involvedObject The object it happened to.
  reason What happened, in one word.
  message What happened, for people.
  source Who reports it.
  firstTimestamp When it happened first.
  lastTimestamp When it happened last.
  count How often it happened.
  type Normal or Warning.
  eventTime When it happened, exactly.
  action What was done.
  reportingComponent The controller that reports it.
  reportingInstance The instance of that controller.
core.v1.ServiceAccount An identity for the programs of a namespace.
  secrets Secrets that its pods may use.
  imagePullSecrets Given to pods that name none.
  automountServiceAccountToken False keeps its token out of pods.
core.v1.PersistentVolumeClaimSpec What storage is wanted.
  selector Labels that the volume must have.
  volumeName The volume it is bound to.
  volumeMode Filesystem or Block.
  dataSource A snapshot or claim to start from.
  dataSourceRef The same for any kind, in any namespace.
core.v1.PersistentVolumeClaimStatus What was observed of a claim.
  phase Pending, Bound or Lost.
  accessModes How the bound volume can be mounted.
  capacity How large the bound volume is.
core.v1.PersistentVolumeSpec A piece of storage.
  capacity How large it is.
  accessModes How it can be mounted.
  claimRef The claim it is bound to.
  persistentVolumeReclaimPolicy Retain or Delete: what happens after the claim is gone.
  storageClassName The class it belongs to.
  mountOptions Options for mounting.
  volumeMode Filesystem or Block.
  nodeAffinity The nodes it can be reached from.
core.v1.ResourceQuotaSpec What a namespace may use in all.
  hard The limit of each resource.
  scopes Counts only what is in all these scopes.
core.v1.ResourceQuotaStatus What a namespace uses.
  hard The limits in force.
  used What is used of them.
core.v1.LimitRangeItem Limits of one type of things.
  type Pod, Container or PersistentVolumeClaim.
  max The most that may be asked for.
  min The least that may be asked for.
  default The limit of what names none.
  defaultRequest The request of what names none.
  maxLimitRequestRatio How many times the request the limit may be.
apps.v1.DeploymentSpec How many pods of which template, and how they are replaced.
apps.v1.DeploymentStatus What was observed of a Deployment.
  observedGeneration The generation of the spec that was seen.
  replicas All pods.
  updatedReplicas Pods of the present template.
  readyReplicas Pods that are ready.
  availableReplicas Pods that were ready for minReadySeconds.
  unavailableReplicas Pods that are still missing.
  conditions Available, Progressing and ReplicaFailure.
apps.v1.ReplicaSetSpec How many pods of which template.
  replicas How many pods there shall be; 1 when absent.
  selector Selects its pods by labels; cannot be changed.
  template What its pods look like.
  minReadySeconds How long a pod must be ready to count as available.
apps.v1.StatefulSetSpec Pods with names and volumes that stay.
  replicas How many pods there shall be; 1 when absent.
  selector Selects its pods by labels; cannot be changed.
  template What its pods look like.
  serviceName The Service that gives the pods their DNS names.
  volumeClaimTemplates Claims that each pod gets.
  podManagementPolicy OrderedReady, or Parallel: whether pods wait for each other.
  updateStrategy How pods are replaced when the template changes.
  minReadySeconds How long a pod must be ready to count as available.
  revisionHistoryLimit How many old revisions are kept.
  ordinals Where the numbers of the pods start.
  persistentVolumeClaimRetentionPolicy What happens to claims when pods or the set go.
apps.v1.DaemonSetSpec A pod on every node.
  selector Selects its pods by labels; cannot be changed.
  template What its pods look like.
  updateStrategy How pods are replaced when the template changes.
  minReadySeconds How long a pod must be ready to count as available.
  revisionHistoryLimit How many old revisions are kept.
batch.v1.JobSpec What a Job runs, and how often.
  template What its pods look like; restartPolicy must be Never or OnFailure.
  activeDeadlineSeconds The Job fails when it takes longer.
  completionMode NonIndexed, or Indexed: whether every pod has a number.
  podFailurePolicy What failed pods mean.
  successPolicy When an indexed Job counts as done before all are.
  backoffLimitPerIndex How often each index is tried again.
  maxFailedIndexes How many indexes may fail.
  selector Made by the server.
  manualSelector True takes your selector instead.
  podReplacementPolicy TerminatingOrFailed, or Failed: when a pod is replaced.
  managedBy The controller that looks after the Job.
batch.v1.JobStatus What was observed of a Job.
  conditions Complete, Failed or Suspended.
  startTime When it was begun.
  completionTime When it was done.
  active Pods that run or wait.
  ready Pods that are ready.
  succeeded Pods that succeeded.
  failed Pods that failed.
batch.v1.CronJobSpec When Jobs are made, and which.
  startingDeadlineSeconds How late a Job may still be begun.
  jobTemplate What its Jobs look like.
  successfulJobsHistoryLimit How many done Jobs are kept; 3 when absent.
  failedJobsHistoryLimit How many failed Jobs are kept; 1 when absent.
batch.v1.CronJobStatus What was observed of a CronJob.
  active Jobs that run.
  lastScheduleTime When a Job was made last.
  lastSuccessfulTime When a Job last succeeded.
networking.v1.IngressSpec Which requests lead to which Services.
  defaultBackend Where requests go that no rule takes.
networking.v1.IngressRule What happens to the requests for a host.
  host The host name, with *. in front for all below it; all hosts when empty.
  http The paths.
networking.v1.HTTPIngressRuleValue The paths of a host.
  paths The longest that matches takes the request.
networking.v1.HTTPIngressPath A path, and where its requests go.
  path Begins with a slash.
  pathType Exact, Prefix or ImplementationSpecific.
  backend Where the requests go.
networking.v1.IngressBackend Where requests go.
  service A Service of the namespace.
  resource Another object of the namespace.
networking.v1.IngressServiceBackend A Service of the namespace.
  name Its name.
  port Its port.
networking.v1.ServiceBackendPort A port of a Service; either one is set.
  name Its name.
  number Its number.
networking.v1.IngressTLS Hosts that are served with a certificate.
  hosts The host names.
  secretName The Secret with tls.crt and tls.key.
networking.v1.NetworkPolicySpec Which traffic the selected pods may have.
  podSelector Selects the pods; all of the namespace when empty.
  ingress What may come in.
  egress What may go out.
  policyTypes Ingress, Egress or both.
networking.v1.NetworkPolicyPeer The other side; ipBlock stands alone.
  podSelector Pods with these labels.
  namespaceSelector Namespaces with these labels.
  ipBlock A range of addresses.
networking.v1.NetworkPolicyPort A port that is let through.
  port Number or name; all when absent.
  endPort The last of a range that begins with port.
  protocol TCP, UDP or SCTP.
autoscaling.v2.HorizontalPodAutoscalerSpec What is scaled, by what, and between which bounds.
  scaleTargetRef What is scaled.
  minReplicas The fewest replicas; 1 when absent.
  maxReplicas The most replicas.
  metrics What is measured; the measure that wants most replicas decides.
  behavior How fast it scales up and down.
policy.v1.PodDisruptionBudgetSpec How many pods may be away at once.
  minAvailable How many must stay, as number or percentage.
  maxUnavailable How many may go, as number or percentage.
  selector Selects the pods; all of the namespace when empty.
  unhealthyPodEvictionPolicy IfHealthyBudget, or AlwaysAllow: whether pods that are not ready may always go.
rbac.v1.Role
  rules What it allows.
rbac.v1.ClusterRole
  rules What it allows.
  aggregationRule Whose rules are gathered into this one.
rbac.v1.RoleBinding
  subjects Who gets the role.
  roleRef The role; cannot be changed.
rbac.v1.ClusterRoleBinding
  subjects Who gets the role.
  roleRef The role; cannot be changed.
rbac.v1.PolicyRule What may be done to which resources.
  verbs Such as get, list, watch, create; * is all.
  apiGroups The groups of the resources; "" is the core group, * is all.
  resources The resources, with subresources as pods/log; * is all.
  resourceNames Only objects with these names; all when empty.
  nonResourceURLs Paths that are no resources, such as /healthz.
rbac.v1.RoleRef The role that a binding gives.
  apiGroup rbac.authorization.k8s.io.
  name The name of the role.
rbac.v1.Subject A user, a group or a service account.
  apiGroup Empty for service accounts.
  name Its name.
  namespace The namespace of the service account.
storage.v1.StorageClass A sort of storage that claims can ask for.
  provisioner Who makes the volumes.
  parameters For the provisioner.
  reclaimPolicy Delete or Retain: what happens after the claim is gone.
  allowVolumeExpansion Whether claims can grow.
  volumeBindingMode Immediate, or WaitForFirstConsumer: bound when a pod uses it.
  mountOptions Options for mounting.
coordination.v1.LeaseSpec Who holds a lease, and until when.
  holderIdentity Who holds it.
  leaseDurationSeconds How long it lasts after renewTime.
  acquireTime When it was taken.
  renewTime When it was last renewed.
  leaseTransitions How often the holder changed.
discovery.v1.EndpointSlice Some of the addresses behind a Service.
  addressType IPv4, IPv6 or FQDN.
  endpoints The addresses.
  ports The ports that all of them have.
scheduling.v1.PriorityClass
  value The higher, the sooner scheduled.
  globalDefault For pods that name no class.
  description What the class is for.
  preemptionPolicy Never, or PreemptLowerPriority.
`;
