/** Descriptions of what pods are made of, in our own words: a line for the type, below it one for each field. */
export const podDescriptions = `
core.v1.PodSpec What runs in a pod, and how.
  serviceAccount The old name of serviceAccountName.
  automountServiceAccountToken False keeps the account's token out of the containers.
  hostPID Sees the processes of the node.
  hostIPC Uses the shared memory of the node.
  shareProcessNamespace The containers see each other's processes.
  hostname The name the pod has for itself; its own name when absent.
  subdomain With hostname the name in the cluster's DNS: HOSTNAME.SUBDOMAIN.NAMESPACE.svc.
  hostAliases More lines for the pod's hosts file.
  priority Filled in from priorityClassName; the higher, the sooner scheduled.
  preemptionPolicy Never, or PreemptLowerPriority: whether less important pods may be removed for this one.
  dnsConfig Name servers and options, beside or instead of those that dnsPolicy gives.
  readinessGates Conditions that must also be True before the pod counts as ready.
  runtimeClassName The RuntimeClass that runs the pod.
  enableServiceLinks Whether the Services of the namespace are told in environment variables.
  overhead What the pod takes beside its containers; comes from the RuntimeClass.
  setHostnameAsFQDN The host name is the full DNS name.
  os The operating system the pod is made for.
  hostUsers False gives the pod users of its own, apart from the node's.
  schedulingGates The pod is not scheduled while one is left.
  resourceClaims Claims of devices, which containers then name.
  resources Limits and requests for the pod as a whole.
  hostnameOverride The host name, whatever else would decide it.
core.v1.PodStatus What was observed of a pod.
  observedGeneration The generation of the spec that the node has seen.
  message Why the pod is in this state, for people.
  reason Why the pod is in this state, in one word.
  nominatedNodeName The node on which room is being made for the pod.
  hostIP The address of the node.
  hostIPs All addresses of the node.
  podIPs All addresses of the pod, one for each family.
  startTime When the node took the pod over, before images were pulled.
  initContainerStatuses One for each init container.
  ephemeralContainerStatuses One for each ephemeral container.
  qosClass Guaranteed, Burstable or BestEffort, by limits and requests: who goes last when memory runs out.
  resize Whether a change of resources is under way.
core.v1.PodCondition One thing that is true or not of a pod, and since when.
core.v1.Container One program with its image, settings and mounts.
  resizePolicy Whether a change of resources needs a restart.
  restartPolicy On an init container Always makes it a sidecar, which runs beside the others.
  volumeDevices Block devices that the container sees.
  terminationMessagePath The file whose text becomes the message of the ended container.
  terminationMessagePolicy File, or FallbackToLogsOnError: the end of the log when the file is empty.
  stdin Keeps the standard input open.
  stdinOnce Closes the standard input after the first client that attached.
  tty Gives the container a terminal.
core.v1.ContainerPort A port that a container listens on.
  hostIP The address of the node on which hostPort is opened.
core.v1.ContainerStatus What was observed of a container.
  name The name of the container.
  state Waiting, running or terminated.
  lastState How the run before this one ended.
  ready Whether it passes its readiness probe.
  started Whether it passed its startup probe.
  restartCount How often it was started again.
  image The image that runs.
  imageID The digest of the image that runs.
  containerID RUNTIME://ID of the container.
  resources Limits and requests as they are in force.
core.v1.ContainerState Exactly one of the three is set.
  waiting Not yet running: the reason why.
  running Since when it runs.
  terminated How it ended.
core.v1.ContainerStateWaiting Why a container does not run yet.
  reason In one word, such as ContainerCreating, ImagePullBackOff or CrashLoopBackOff.
  message For people.
core.v1.ContainerStateRunning Since when a container runs.
  startedAt When it was last started.
core.v1.ContainerStateTerminated How a container ended.
  exitCode What the program returned; 0 is success.
  signal The signal that ended it.
  reason In one word, such as Completed, Error or OOMKilled.
  message What it left in its termination message.
  startedAt When this run began.
  finishedAt When this run ended.
  containerID RUNTIME://ID of the container.
core.v1.EnvFromSource All keys of a ConfigMap or Secret as environment variables.
  prefix Put before each name.
  configMapRef The ConfigMap.
  secretRef The Secret.
core.v1.EnvVarSource Where the value of a variable comes from; exactly one is set.
  fieldRef A field of the pod, such as metadata.name or status.podIP.
  resourceFieldRef A limit or request of a container.
  configMapKeyRef A key of a ConfigMap.
  secretKeyRef A key of a Secret.
core.v1.ConfigMapKeySelector A key of a ConfigMap of the namespace.
  name The name of the ConfigMap.
  key The key in its data.
  optional True lets the pod start without it.
core.v1.SecretKeySelector A key of a Secret of the namespace.
  name The name of the Secret.
  key The key in its data.
  optional True lets the pod start without it.
core.v1.ObjectFieldSelector A field of the pod.
  fieldPath Its path, such as metadata.labels['app'].
core.v1.ResourceFieldSelector A limit or request of a container.
  containerName The container; needed in volumes.
  resource Such as limits.cpu or requests.memory.
  divisor The unit in which it is told.
core.v1.LocalObjectReference An object of the same namespace.
  name Its name.
core.v1.Probe How it is found out whether a container is well; exactly one of exec, httpGet, tcpSocket and grpc is set.
  exec A command; well when it returns 0.
  httpGet A request; well when the answer is 200 to 399.
  tcpSocket A connection; well when it can be made.
  grpc A call of the gRPC health service.
  terminationGracePeriodSeconds Replaces the pod's grace period when the probe ends the container.
core.v1.ExecAction A command in the container, without a shell.
  command The program and its arguments.
core.v1.HTTPGetAction A request to the container.
  path The path on the server.
  port Number or name of the port.
  host Instead of the pod's address.
  scheme HTTP or HTTPS.
  httpHeaders Headers of the request.
core.v1.TCPSocketAction A connection to the container.
  port Number or name of the port.
  host Instead of the pod's address.
core.v1.GRPCAction A call of the gRPC health service.
  port The number of the port.
  service The name asked for.
core.v1.Lifecycle What happens after the start and before the end of a container.
  postStart Right after the start; the container ends when it fails.
  preStop Before the request to end; the grace period runs meanwhile.
core.v1.LifecycleHandler Exactly one is set.
  exec A command in the container.
  httpGet A request to the container.
  tcpSocket No longer supported.
  sleep A pause.
core.v1.SecurityContext Rights and user of a container; what is set here goes before the pod's.
  capabilities Linux capabilities to add or drop.
  privileged Gives the container all rights of root on the node.
  runAsUser The user that the program runs as.
  runAsGroup Its first group.
  runAsNonRoot True refuses to run as root.
  readOnlyRootFilesystem True makes the root file system read-only.
  allowPrivilegeEscalation False keeps the program from gaining rights its parent has not.
  seccompProfile Which system calls are allowed.
  appArmorProfile The AppArmor profile.
  seLinuxOptions The SELinux label.
  windowsOptions Settings for Windows containers.
  procMount How /proc is mounted.
core.v1.PodSecurityContext Settings for all containers of a pod.
  runAsUser The user that the programs run as.
  runAsGroup Their first group.
  runAsNonRoot True refuses to run as root.
  fsGroup The group that owns the volumes, which all containers belong to.
  fsGroupChangePolicy Always, or OnRootMismatch: when the owner of volumes is changed.
  supplementalGroups More groups of the programs.
  sysctls Kernel settings of the pod.
  seccompProfile Which system calls are allowed.
  appArmorProfile The AppArmor profile.
  seLinuxOptions The SELinux label.
  windowsOptions Settings for Windows containers.
core.v1.Capabilities Linux capabilities of a container.
  add Given to it.
  drop Taken from it; ALL takes all.
core.v1.SeccompProfile Which system calls are allowed.
  type RuntimeDefault, Unconfined or Localhost.
  localhostProfile A file of the node, for Localhost.
core.v1.Affinity Where a pod may or should run.
  nodeAffinity By the labels of nodes.
  podAffinity Near to pods.
  podAntiAffinity Away from pods.
core.v1.NodeAffinity Draws a pod to nodes.
  requiredDuringSchedulingIgnoredDuringExecution Nodes must match when the pod is scheduled.
  preferredDuringSchedulingIgnoredDuringExecution Nodes that match are preferred, by weight.
core.v1.PodAffinity Draws a pod to other pods.
  requiredDuringSchedulingIgnoredDuringExecution Every term must hold when the pod is scheduled.
  preferredDuringSchedulingIgnoredDuringExecution Terms that should hold, by weight.
core.v1.PodAntiAffinity Keeps a pod away from other pods.
  requiredDuringSchedulingIgnoredDuringExecution No term may match when the pod is scheduled.
  preferredDuringSchedulingIgnoredDuringExecution Terms that should not match, by weight.
core.v1.PodAffinityTerm Some pods, and the domain in which they are near.
  labelSelector Selects the pods by labels.
  namespaces Their namespaces; that of the pod itself when none is given.
  namespaceSelector Selects the namespaces by labels.
  topologyKey The node label whose value is the domain, such as kubernetes.io/hostname.
core.v1.NodeSelector Nodes that match one of the terms.
  nodeSelectorTerms One must match.
core.v1.NodeSelectorTerm All requirements must hold.
  matchExpressions Requirements on labels.
  matchFields Requirements on fields.
core.v1.NodeSelectorRequirement A key, an operator and values.
  key The label.
  operator In, NotIn, Exists, DoesNotExist, Gt or Lt.
  values None for Exists and DoesNotExist, one number for Gt and Lt.
core.v1.Toleration A taint that a pod puts up with.
  key The key of the taint; all keys when empty.
  operator Exists, or Equal (the default).
  value The value of the taint, for Equal.
  effect NoSchedule, PreferNoSchedule or NoExecute; all when empty.
  tolerationSeconds How long a NoExecute taint is put up with; for ever when absent.
core.v1.Taint Keeps pods away from a node unless they tolerate it.
  key The key of the taint.
  value Its value.
  effect NoSchedule, PreferNoSchedule or NoExecute.
  timeAdded When it was added.
core.v1.TopologySpreadConstraint How evenly pods are spread.
  maxSkew By how many pods two domains may differ.
  topologyKey The node label whose values are the domains.
  whenUnsatisfiable DoNotSchedule, or ScheduleAnyway.
  labelSelector Selects the pods that are counted.
  minDomains How many domains there must be.
core.v1.Volume A folder or device that containers can mount; one source is set.
  emptyDir An empty folder that lives as long as the pod.
  hostPath A file or folder of the node.
  configMap The keys of a ConfigMap as files.
  secret The keys of a Secret as files.
  downwardAPI Fields of the pod as files.
  projected Several sources in one folder.
  persistentVolumeClaim A claim of the namespace.
  ephemeral A claim that is made for the pod and goes with it.
  csi Storage of a CSI driver that lives as long as the pod.
  nfs A folder of an NFS server.
  image The files of an image.
core.v1.VolumeMount Where a container sees a volume.
  mountPropagation None, HostToContainer or Bidirectional: whether later mounts are passed on.
  subPathExpr A path in the volume, with $(VARIABLE) replaced.
  recursiveReadOnly Whether mounts below are read-only too.
core.v1.EmptyDirVolumeSource An empty folder that lives as long as the pod.
  medium Empty for the node's disk, Memory for its memory.
  sizeLimit The most it may hold.
core.v1.HostPathVolumeSource A file or folder of the node.
  path The path on the node.
  type What must be there, or is made, such as DirectoryOrCreate.
core.v1.ConfigMapVolumeSource The keys of a ConfigMap as files.
  name The name of the ConfigMap.
  defaultMode The mode of the files.
  optional True lets the pod start without it.
core.v1.SecretVolumeSource The keys of a Secret as files.
  secretName The name of the Secret.
  defaultMode The mode of the files.
  optional True lets the pod start without it.
core.v1.KeyToPath A key and the file it becomes.
  key The key.
  path The path below the mount.
  mode The mode of the file.
core.v1.PersistentVolumeClaimVolumeSource A claim of the namespace.
  claimName The name of the claim.
  readOnly Mounts it read-only everywhere.
core.v1.ProjectedVolumeSource Several sources in one folder.
  sources What is put in.
  defaultMode The mode of the files.
`;
