/** The fields of PersistentVolume, PersistentVolumeClaim and StorageClass that this package uses. */
import type { KubeObject, MetaLabelSelector } from "@lateen/objects";

export interface VolumeClaim extends KubeObject {
  readonly spec?: {
    readonly volumeName?: string;
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly volumeMode?: string;
    readonly selector?: MetaLabelSelector;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
  readonly status?: {
    readonly phase?: string;
    readonly accessModes?: readonly string[];
    readonly capacity?: Readonly<Record<string, string>>;
  };
}

export interface Volume extends KubeObject {
  readonly spec?: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly persistentVolumeReclaimPolicy?: string;
    readonly claimRef?: {
      readonly namespace?: string;
      readonly name?: string;
      readonly uid?: string;
      readonly [field: string]: unknown;
    };
    readonly [source: string]: unknown;
  };
  readonly status?: { readonly phase?: string };
}

export interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly volumeBindingMode?: string;
  readonly reclaimPolicy?: string;
}

export const volumeKind = { apiVersion: "v1", kind: "PersistentVolume" } as const;
export const volumeClaimKind = { apiVersion: "v1", kind: "PersistentVolumeClaim" } as const;
export const storageClassKind = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass" } as const;
