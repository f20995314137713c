/** The columns of the built-in kinds (pkg/printers/internalversion, 1.36). */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** Above 0: shown by `-o wide` alone. */
  readonly priority: number;
}

/** `NAME[:TYPE][*]`, text unless a type is given; * = only with -o wide. The first is the name unless NAME is given. */
const workload = "Containers*,Images*,Selector*";
const rows: Readonly<Record<string, string>> = {
  Pod: "Ready,Status,Restarts,Age,IP*,Node*,Nominated Node*,Readiness Gates*",
  PodTemplate: "Containers,Images,Pod Labels",
  PodDisruptionBudget: "Min Available,Max Unavailable,Allowed Disruptions:integer,Age",
  ReplicationController: `Desired:integer,Current:integer,Ready:integer,Age,${workload}`,
  ReplicaSet: `Desired:integer,Current:integer,Ready:integer,Age,${workload}`,
  DaemonSet: `Desired:integer,Current:integer,Ready:integer,Up-to-date:integer,Available:integer,Node Selector,Age,${workload}`,
  Job: `Status,Completions,Duration,Age,${workload}`,
  CronJob: `Schedule,Timezone,Suspend:boolean,Active:integer,Last Schedule,Age,${workload}`,
  Service: "Type,Cluster-IP,External-IP,Port(s),Age,Selector*",
  Ingress: "Class,Hosts,Address,Ports,Age",
  IngressClass: "Controller,Parameters,Age",
  StatefulSet: "Ready,Age,Containers*,Images*",
  Endpoints: "Endpoints,Age",
  Node: "Status,Roles,Age,Version,Internal-IP*,External-IP*,OS-Image*,Kernel-Version*,Container-Runtime*",
  Namespace: "Status,Age",
  Secret: "Type,Data,Age",
  ServiceAccount: "Age",
  PersistentVolume:
    "Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age,VolumeMode*",
  PersistentVolumeClaim: "Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age,VolumeMode*",
  ComponentStatus: "Status,Message,Error",
  Deployment: `Ready,Up-to-date,Available,Age,${workload}`,
  HorizontalPodAutoscaler: "Reference,Targets,MinPods,MaxPods,Replicas,Age",
  ConfigMap: "Data,Age",
  NetworkPolicy: "Pod-Selector,Age",
  RoleBinding: "Role,Age,Users*,Groups*,ServiceAccounts*",
  ClusterRoleBinding: "Role,Age,Users*,Groups*,ServiceAccounts*",
  CertificateSigningRequest: "Age,SignerName,Requestor,RequestedDuration,Condition",
  Lease: "Holder,Age",
  StorageClass: "Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age",
  VolumeAttributesClass: "DriverName,Age",
  ControllerRevision: "Controller,Revision,Age",
  ResourceQuota: "Request,Limit,Age",
  PriorityClass: "Value:integer,Global-Default:boolean,Age,PreemptionPolicy",
  RuntimeClass: "Handler,Age",
  VolumeAttachment: "Attacher:name,PV,Node,Attached:boolean,Age",
  EndpointSlice: "AddressType,Ports,Endpoints,Age",
  CSINode: "Drivers:integer,Age",
  CSIDriver:
    "AttachRequired:boolean,PodInfoOnMount:boolean,StorageCapacity:boolean,TokenRequests,RequiresRepublish:boolean,Modes,Age",
  CSIStorageCapacity: "StorageClassName,Capacity",
  MutatingWebhookConfiguration: "Webhooks:integer,Age",
  ValidatingWebhookConfiguration: "Webhooks:integer,Age",
  ValidatingAdmissionPolicy: "Validations:integer,ParamKind,Age",
  ValidatingAdmissionPolicyBinding: "PolicyName,ParamRef,Age",
  MutatingAdmissionPolicy: "Mutations:integer,ParamKind,Age",
  MutatingAdmissionPolicyBinding: "PolicyName,ParamRef,Age",
  FlowSchema: "PriorityLevel,MatchingPrecedence,DistinguisherMethod,Age,MissingPL",
  PriorityLevelConfiguration: "Type,NominalConcurrencyShares,Queues,HandSize,QueueLengthLimit,Age",
  Scale: "Desired:integer,Available:integer,Age",
  DeviceClass: "Age",
  ResourceClaim: "State,Age",
  ResourceClaimTemplate: "Age",
  ResourceSlice: "Node,Driver,Pool,Age",
  ServiceCIDR: "CIDRs,Age",
  IPAddress: "ParentRef",
  APIService: "Service,Available,Age",
};

/** Kinds whose name is not the first column. */
const whole: Readonly<Record<string, string>> = {
  Event: "Last Seen,Type,Reason,Object,Subobject*,Source*,Message,First Seen*,Count*,Name:name*",
  Status: "Status,Reason,Message",
};

const descriptions: Readonly<Record<string, string>> = {
  Name: "The name of the object, unique in its namespace.",
  Age: "How long ago the object was created.",
  "Created At": "When the object was created.",
};

/** The columns of a built-in kind; name and creation time for one without columns of its own. */
export function columnsOf(kind: string): readonly TableColumn[] {
  const own = Object.hasOwn(whole, kind) ? whole[kind] : undefined;
  const others = Object.hasOwn(rows, kind) ? rows[kind] : "Created At:date";
  return (own ?? `Name:name,${others}`).split(",").map(parseColumn);
}

function parseColumn(column: string): TableColumn {
  const wide = column.endsWith("*");
  const [name = "", type = "string"] = (wide ? column.slice(0, -1) : column).split(":");
  return {
    name,
    type: type === "name" ? "string" : type,
    format: type === "name" ? "name" : "",
    description: descriptions[name] ?? name,
    priority: wide ? 1 : 0,
  };
}

export const nameColumn: TableColumn = parseColumn("Name:name");
