import type { JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { objectsOf, specOf, withSpec } from "../kinds/edit.ts";
import { readObject } from "../server/core.ts";
import type { ResourceRequest } from "../request/context.ts";
import { textOf } from "../object/text.ts";
import { forbidden } from "../status/errors.ts";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const letters = "bcdfghjklmnpqrstvwxz2456789";

/** Every pod runs as a service account of its namespace and finds its token (plugin/pkg/admission/serviceaccount). */
export function admitServiceAccount(request: ResourceRequest, given: KubeObject): KubeObject {
  const name = textOf(specOf(given).serviceAccountName ?? specOf(given).serviceAccount) || "default";
  let pod = withSpec(given, { serviceAccountName: name, serviceAccount: name });
  // Pods that a node agent brings itself have no account.
  if (given.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return given;
  const account = findAccount(request, pod, name);
  const spec = specOf(pod);
  if (objectsOf(spec.imagePullSecrets).length === 0) {
    const secrets = objectsOf(valueAt(account, "imagePullSecrets"));
    if (secrets.length > 0) pod = withSpec(pod, { imagePullSecrets: secrets });
  }
  const automount = spec.automountServiceAccountToken ?? valueAt(account, "automountServiceAccountToken") ?? true;
  return automount === true ? mountToken(request, pod) : pod;
}

function findAccount(request: ResourceRequest, pod: KubeObject, name: string): KubeObject {
  const { resource, core, table, namespace = "" } = request;
  const accounts = table.lookup({ group: "", version: "v1", plural: "serviceaccounts" })!;
  const account = readObject(core, accounts, `${accounts.prefix}${namespace}/${name}`);
  if (account !== undefined) return account;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  throw forbidden(resource.groupResource, pod.metadata.name ?? "", why);
}

function mountToken(request: ResourceRequest, pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  const existing = objectsOf(spec.volumes).find((volume) => textOf(volume.name).startsWith("kube-api-access-"));
  const volume = textOf(existing?.name) || `kube-api-access-${suffix(request)}`;
  let mounted = false;
  const mount = (container: JsonObject): JsonObject => {
    const mounts = objectsOf(container.volumeMounts);
    if (mounts.some((one) => one.mountPath === mountPath)) return container;
    mounted = true;
    return { ...container, volumeMounts: [...mounts, { name: volume, readOnly: true, mountPath }] };
  };
  const containers = objectsOf(spec.containers).map(mount);
  const initContainers = objectsOf(spec.initContainers).map(mount);
  if (!mounted) return pod;
  return withSpec(pod, {
    containers,
    ...(initContainers.length > 0 && { initContainers }),
    ...(existing === undefined && { volumes: [...objectsOf(spec.volumes), tokenVolume(volume)] }),
  });
}

function suffix({ core }: ResourceRequest): string {
  return [...core.platform.randomBytes(5)].map((byte) => letters[byte % letters.length]!).join("");
}

function tokenVolume(name: string): JsonObject {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}
