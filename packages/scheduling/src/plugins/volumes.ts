/** Where a pod's claims let it go. Nothing is bound here; only what could be is looked for. */
import { type KubeObject, type MetaLabelSelector, labelSelectorOf, matchesLabels } from "@lateen/objects";
import type { NodeSelectorTerm, SchedulingPod } from "../objects.ts";
import { type Judgement, type Plugin, type Rejection, unresolvable, unschedulable } from "../plugin.ts";
import { amountOf } from "../resources.ts";
import type { NodeInfo, Snapshot } from "../snapshot.ts";
import { matchesTerm } from "./node-affinity.ts";
import { labelOf, namespaceOf } from "./pod-matching.ts";

interface Claim extends KubeObject {
  readonly spec?: {
    readonly volumeName?: string;
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly volumeMode?: string;
    readonly selector?: MetaLabelSelector;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
}

interface Volume extends KubeObject {
  readonly spec?: {
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly volumeMode?: string;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] } };
  };
  readonly status?: { readonly phase?: string };
}

interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly volumeBindingMode?: string;
  readonly allowedTopologies?: readonly {
    readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  }[];
}

const boundAnnotation = "pv.kubernetes.io/bind-completed";
const noProvisioner = "kubernetes.io/no-provisioner";

/** Names of the claims that a pod uses, those made for its ephemeral volumes included. */
function claimNames(pod: SchedulingPod): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${pod.metadata.name}-${name}`];
  });
}

function findClaim(snapshot: Snapshot, namespace: string, name: string): Claim | undefined {
  return snapshot.persistentVolumeClaims.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  ) as Claim | undefined;
}

const findVolume = (snapshot: Snapshot, name: string): Volume | undefined =>
  snapshot.persistentVolumes.find(({ metadata }) => metadata.name === name) as Volume | undefined;

const classOf = (snapshot: Snapshot, { spec }: Claim): StorageClass | undefined =>
  snapshot.storageClasses.find(({ metadata }) => metadata.name === spec?.storageClassName) as StorageClass | undefined;

/** A claim that only one pod may use is not shared, wherever the other runs. */
export const volumeRestrictions: Plugin = {
  name: "VolumeRestrictions",
  weight: 0,
  judge(pod, snapshot): Judgement {
    const namespace = namespaceOf(pod);
    const exclusive = claimNames(pod).filter(
      (name) => findClaim(snapshot, namespace, name)?.spec?.accessModes?.includes("ReadWriteOncePod") === true,
    );
    if (exclusive.length === 0) return {};
    const inUse = snapshot.nodes.some(({ pods }) =>
      pods.some(
        (other) => namespaceOf(other) === namespace && claimNames(other).some((name) => exclusive.includes(name)),
      ),
    );
    const taken = unschedulable(
      "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
    );
    return { filter: () => (inUse ? taken : undefined) };
  },
};

export const volumeBinding: Plugin = {
  name: "VolumeBinding",
  weight: 0,
  judge(pod, snapshot): Judgement {
    const bound: Claim[] = [];
    const waiting: Claim[] = [];
    for (const name of claimNames(pod)) {
      const claim = findClaim(snapshot, namespaceOf(pod), name);
      if (claim === undefined) return { rejection: unresolvable(`persistentvolumeclaim "${name}" not found`) };
      if (claim.metadata.deletionTimestamp !== undefined)
        return { rejection: unresolvable(`persistentvolumeclaim "${name}" is being deleted`) };
      if (isBound(claim)) bound.push(claim);
      else if (classOf(snapshot, claim)?.volumeBindingMode === "WaitForFirstConsumer") waiting.push(claim);
      else return { rejection: unresolvable("pod has unbound immediate PersistentVolumeClaims") };
    }
    if (bound.length + waiting.length === 0) return {};
    return { filter: (info) => boundHere(bound, info, snapshot) ?? bindableHere(waiting, info, snapshot) };
  },
};

const isBound = ({ spec, metadata }: Claim): boolean =>
  (spec?.volumeName ?? "") !== "" && metadata.annotations?.[boundAnnotation] !== undefined;

function boundHere(claims: readonly Claim[], info: NodeInfo, snapshot: Snapshot): Rejection | undefined {
  for (const { spec } of claims) {
    const volume = findVolume(snapshot, spec?.volumeName ?? "");
    if (volume === undefined)
      return unresolvable("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
    if (!reaches(volume, info)) return unresolvable("node(s) didn't match PersistentVolume's node affinity");
  }
  return undefined;
}

function reaches({ spec }: Volume, info: NodeInfo): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, info));
}

/** Each claim needs a volume of its own that exists, or a provisioner that may make one here. */
function bindableHere(claims: readonly Claim[], info: NodeInfo, snapshot: Snapshot): Rejection | undefined {
  const taken = new Set<Volume>();
  const size = ({ spec }: Claim): number => amountOf("storage", spec?.resources?.requests?.storage ?? "0");
  for (const claim of claims.toSorted((a, b) => size(a) - size(b))) {
    const volume = smallestFitting(claim, info, { snapshot, taken });
    if (volume !== undefined) taken.add(volume);
    else if (!provisionable(classOf(snapshot, claim), info))
      return unresolvable("node(s) didn't find available persistent volumes to bind");
  }
  return undefined;
}

function smallestFitting(
  claim: Claim,
  info: NodeInfo,
  { snapshot, taken }: { readonly snapshot: Snapshot; readonly taken: ReadonlySet<Volume> },
): Volume | undefined {
  const { spec = {} } = claim;
  const wanted = amountOf("storage", spec.resources?.requests?.storage ?? "0");
  const capacity = (volume: Volume): number => amountOf("storage", volume.spec?.capacity?.storage ?? "0");
  return (snapshot.persistentVolumes as readonly Volume[])
    .filter((volume) => {
      const { claimRef } = volume.spec ?? {};
      const reserved = claimRef !== undefined;
      const ours = claimRef?.name === claim.metadata.name && claimRef?.namespace === claim.metadata.namespace;
      return (
        !taken.has(volume) &&
        (reserved ? ours : volume.status?.phase === "Available" || volume.status?.phase === undefined) &&
        (volume.spec?.storageClassName ?? "") === (spec.storageClassName ?? "") &&
        (volume.spec?.volumeMode ?? "Filesystem") === (spec.volumeMode ?? "Filesystem") &&
        capacity(volume) >= wanted &&
        (spec.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode)) &&
        (spec.selector === undefined || matchesLabels(labelSelectorOf(spec.selector), volume.metadata.labels ?? {})) &&
        reaches(volume, info)
      );
    })
    .toSorted((a, b) => capacity(a) - capacity(b))[0];
}

function provisionable(storageClass: StorageClass | undefined, { labels }: NodeInfo): boolean {
  const { provisioner = "", allowedTopologies = [] } = storageClass ?? {};
  if (provisioner === "" || provisioner === noProvisioner) return false;
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(labelOf(labels, key) ?? "")),
  );
}

const zoneLabels = [
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
];

/** A volume that names its zone is used there. Several zones are joined by `__`. */
export const volumeZone: Plugin = {
  name: "VolumeZone",
  weight: 0,
  judge(pod, snapshot): Judgement {
    const wanted: { readonly key: string; readonly values: readonly string[] }[] = [];
    for (const name of claimNames(pod)) {
      const claim = findClaim(snapshot, namespaceOf(pod), name);
      if (claim === undefined) return { rejection: unresolvable(`persistentvolumeclaim "${name}" not found`) };
      const volumeName = claim.spec?.volumeName ?? "";
      if (volumeName === "") continue;
      const volume = findVolume(snapshot, volumeName);
      if (volume === undefined) return { rejection: unresolvable(`persistentvolume "${volumeName}" not found`) };
      for (const key of zoneLabels) {
        const value = labelOf(volume.metadata.labels ?? {}, key);
        if (value !== undefined) wanted.push({ key, values: value.split("__") });
      }
    }
    if (wanted.length === 0) return {};
    return {
      filter: ({ labels }) => {
        // A node without any zone is taken to be everywhere.
        if (!zoneLabels.some((key) => labelOf(labels, key) !== undefined)) return undefined;
        return wanted.every(({ key, values }) => values.includes(zoneOf(labels, key) ?? ""))
          ? undefined
          : unresolvable("node(s) had no available volume zone");
      },
    };
  },
};

/** The older and the newer label of a zone say the same. */
function zoneOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  const suffix = key.slice(key.indexOf("/"));
  return (
    labelOf(labels, key) ??
    labelOf(labels, `topology.kubernetes.io${suffix}`) ??
    labelOf(labels, `failure-domain.beta.kubernetes.io${suffix}`)
  );
}
