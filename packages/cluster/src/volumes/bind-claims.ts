/**
 * Binds claims to volumes (pkg/controller/volume/persistentvolume): to one that exists and fits, else to one made for the
 * claim. What is made is a name only: programs of this node share one file system, nothing is mounted.
 */
import { isAlreadyExists, isConflict, isNotFound } from "@lateen/base";
import {
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  removeFinalizer,
} from "@lateen/controller";
import { compareQuantities, labelSelectorOf, matchesLabels, parseQuantity } from "@lateen/objects";
import { type Pod, podKind } from "../api/pod.ts";
import {
  type StorageClass,
  type Volume,
  type VolumeClaim,
  storageClassKind,
  volumeClaimKind,
  volumeKind,
} from "../api/volume.ts";
import { isPodFinished } from "../pods/pod-state.ts";
import { observe } from "../pods/pod-control.ts";

const boundAnnotation = "pv.kubernetes.io/bind-completed";
const provisionedAnnotation = "pv.kubernetes.io/provisioned-by";
export const provisioner = "lateen.dev/folder";
const noProvisioner = "kubernetes.io/no-provisioner";
const claimFinalizer = "kubernetes.io/pvc-protection";
const volumeFinalizer = "kubernetes.io/pv-protection";

export function createVolumeController(environment: Environment): Controller {
  return {
    name: "volumes",
    sources: [
      { ...volumeClaimKind },
      { ...volumeKind, map: (volume) => claimsOf(environment, volume as Volume) },
      {
        ...podKind,
        when: (pod, previous) =>
          claimNames(pod as Pod).length > 0 &&
          (previous === undefined ||
            pod === previous ||
            (pod as Pod).spec?.nodeName !== (previous as Pod).spec?.nodeName ||
            isPodFinished(pod as Pod)),
        map: (pod) => claimNames(pod as Pod).map((name) => ({ namespace: pod.metadata.namespace ?? "", name })),
      },
      { ...storageClassKind, map: () => pendingClaims(environment) },
    ],
    reconcile: (request, context) => reconcileClaim(environment, request, context),
  };
}

function claimNames({ spec }: Pod): readonly string[] {
  return (spec?.volumes ?? []).flatMap((volume) => {
    const { claimName } = (volume.persistentVolumeClaim ?? {}) as { readonly claimName?: string };
    return claimName === undefined ? [] : [claimName];
  });
}

/** The claim that a volume is for; a free volume concerns all that wait. */
function claimsOf(environment: Environment, { spec, metadata }: Volume): readonly Request[] {
  const { namespace = "", name } = spec?.claimRef ?? {};
  if (name !== undefined) return [{ namespace, name }];
  // A volume that is being deleted is looked at by its own name.
  return metadata.deletionTimestamp === undefined
    ? pendingClaims(environment)
    : [{ namespace: "", name: metadata.name ?? "" }];
}

function pendingClaims({ cache }: Environment): readonly Request[] {
  return cache
    .list<VolumeClaim>(volumeClaimKind)
    .filter(({ status }) => status?.phase !== "Bound")
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? "", name: metadata.name ?? "" }));
}

export async function reconcileClaim(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<void> {
  const { cache } = environment;
  const claim = cache.get<VolumeClaim>({ ...volumeClaimKind, namespace, name });
  if (claim === undefined) {
    await releaseVolumes(environment, { namespace, name }, signal);
    return;
  }
  if (claim.metadata.deletionTimestamp !== undefined) {
    if (!isInUse(environment, claim))
      await removeFinalizer(claim, { client: environment.client, finalizer: claimFinalizer, signal });
    return;
  }
  if (claim.status?.phase === "Bound") return;
  const named = claim.spec?.volumeName ?? "";
  const volume =
    named === ""
      ? (findVolume(environment, claim) ?? (await provisionVolume(environment, claim, signal)))
      : cache.get<Volume>({ ...volumeKind, name: named });
  if (volume !== undefined) await bindClaim(environment, { claim, volume }, signal);
}

function isInUse({ cache }: Environment, { metadata }: VolumeClaim): boolean {
  return cache
    .list<Pod>({ ...podKind, namespace: metadata.namespace })
    .some((pod) => !isPodFinished(pod) && claimNames(pod).includes(metadata.name ?? ""));
}

const storageOf = (list: Readonly<Record<string, string>> | undefined) => parseQuantity(list?.storage ?? "0");

/** The smallest volume that fits; one that names the claim before others. */
function findVolume({ cache }: Environment, claim: VolumeClaim): Volume | undefined {
  const wanted = storageOf(claim.spec?.resources?.requests);
  const { namespace, name } = claim.metadata;
  const fitting = cache.list<Volume>(volumeKind).filter((volume) => {
    const { spec, metadata } = volume;
    const reserved = spec?.claimRef;
    if (metadata.deletionTimestamp !== undefined) return false;
    if (
      reserved !== undefined &&
      (reserved.namespace !== namespace ||
        reserved.name !== name ||
        (reserved.uid ?? claim.metadata.uid) !== claim.metadata.uid)
    )
      return false;
    return (
      (spec?.storageClassName ?? "") === (claim.spec?.storageClassName ?? "") &&
      (spec?.volumeMode ?? "Filesystem") === (claim.spec?.volumeMode ?? "Filesystem") &&
      (claim.spec?.accessModes ?? []).every((mode) => spec?.accessModes?.includes(mode)) &&
      compareQuantities(storageOf(spec?.capacity), wanted) >= 0 &&
      (claim.spec?.selector === undefined || matchesLabels(labelSelectorOf(claim.spec.selector), metadata.labels ?? {}))
    );
  });
  return fitting.toSorted(
    (a, b) =>
      Number(b.spec?.claimRef !== undefined) - Number(a.spec?.claimRef !== undefined) ||
      compareQuantities(storageOf(a.spec?.capacity), storageOf(b.spec?.capacity)),
  )[0];
}

/** Makes a volume for the claim, if its class lets us, and a pod has a node where the class waits for one. */
async function provisionVolume(
  { cache, client }: Environment,
  claim: VolumeClaim,
  signal: AbortSignal,
): Promise<Volume | undefined> {
  const className = claim.spec?.storageClassName;
  if (className === "" || claim.spec?.selector !== undefined) return undefined;
  const storageClass =
    className === undefined ? undefined : cache.get<StorageClass>({ ...storageClassKind, name: className });
  if (className !== undefined && (storageClass === undefined || storageClass.provisioner === noProvisioner))
    return undefined;
  if (storageClass?.volumeBindingMode === "WaitForFirstConsumer" && !hasPlacedPod(cache, claim)) return undefined;
  const { namespace = "", name = "", uid = "" } = claim.metadata;
  const volume: Volume = {
    ...volumeKind,
    metadata: {
      name: `pvc-${uid}`,
      annotations: { [provisionedAnnotation]: storageClass?.provisioner ?? provisioner },
    },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? "0" },
      accessModes: claim.spec?.accessModes ?? ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: storageClass?.reclaimPolicy ?? "Delete",
      ...(className !== undefined && { storageClassName: className }),
      volumeMode: claim.spec?.volumeMode ?? "Filesystem",
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      hostPath: { path: `/var/lib/lateen/volumes/${uid}` },
    },
  };
  try {
    return await client.create(volume, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return client.get<Volume>({ ...volumeKind, name: `pvc-${uid}` }, { signal });
    throw error;
  }
}

function hasPlacedPod(cache: Environment["cache"], { metadata }: VolumeClaim): boolean {
  return cache
    .list<Pod>({ ...podKind, namespace: metadata.namespace })
    .some((pod) => pod.spec?.nodeName !== undefined && claimNames(pod).includes(metadata.name ?? ""));
}

async function bindClaim(
  environment: Environment,
  { claim, volume }: { readonly claim: VolumeClaim; readonly volume: Volume },
  signal: AbortSignal,
): Promise<void> {
  const { client } = environment;
  const { namespace = "", name = "", uid = "" } = claim.metadata;
  const volumeName = volume.metadata.name ?? "";
  const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid };
  const volumeRef = { ...volumeKind, name: volumeName };
  if (volume.spec?.claimRef?.uid !== uid) {
    await client.patch(
      volumeRef,
      {
        kind: "merge",
        value: { metadata: { resourceVersion: volume.metadata.resourceVersion ?? null }, spec: { claimRef } },
      },
      { signal },
    );
  }
  if (volume.status?.phase !== "Bound")
    await client.patch(
      volumeRef,
      { kind: "merge", value: { status: { phase: "Bound" } } },
      { subresource: "status", signal },
    );
  const claimTarget = { ...volumeClaimKind, namespace, name };
  const annotations = { [boundAnnotation]: "yes" };
  await client.patch(
    claimTarget,
    { kind: "merge", value: { metadata: { uid, annotations }, spec: { volumeName } } },
    { signal },
  );
  const status = { phase: "Bound", accessModes: volume.spec?.accessModes ?? [], capacity: volume.spec?.capacity ?? {} };
  const written = await client.patch(
    claimTarget,
    { kind: "merge", value: { status } },
    { subresource: "status", signal },
  );
  await observe(environment, volumeClaimKind, written.metadata.resourceVersion, signal);
}

/** The claim has gone: volumes made for it go too, others are kept as released. */
async function releaseVolumes({ cache, client }: Environment, claim: Request, signal: AbortSignal): Promise<void> {
  for (const volume of cache.list<Volume>(volumeKind)) {
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec ?? {};
    const ref = { ...volumeKind, name: volume.metadata.name ?? "" };
    const ending = volume.metadata.deletionTimestamp !== undefined;
    const ours = claimRef?.uid !== undefined && claimRef.namespace === claim.namespace && claimRef.name === claim.name;
    if (!ours && !(ending && claimRef === undefined)) continue;
    try {
      if (ours && !ending && volume.status?.phase !== "Released")
        await client.patch(
          ref,
          { kind: "merge", value: { status: { phase: "Released" } } },
          { subresource: "status", signal },
        );
      if (ours && !ending && persistentVolumeReclaimPolicy === "Delete") await client.delete(ref, { signal });
      if (ending) await removeFinalizer(volume, { client, finalizer: volumeFinalizer, signal });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
