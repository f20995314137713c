/** What every namespace has: the ServiceAccount `default` and the ConfigMap with the cluster's root certificate. */
import { isAlreadyExists, isForbidden, isNotFound } from "@lateen/base";
import type { Controller, Environment, ReconcileContext, Request } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { type Namespace, configMapKind, namespaceKind, serviceAccountKind } from "../api/cluster.ts";

const rootCertificateName = "kube-root-ca.crt";

/** @param rootCertificate PEM text of the certificate authority; without it no ConfigMap is made. */
export function createNamespaceDefaultsController(
  environment: Environment,
  rootCertificate: string | undefined,
): Controller {
  const of = (object: KubeObject): readonly Request[] => [{ namespace: "", name: object.metadata.namespace ?? "" }];
  return {
    name: "namespace-defaults",
    sources: [
      { ...namespaceKind },
      { ...serviceAccountKind, when: (object) => object.metadata.name === "default", map: of },
      { ...configMapKind, when: (object) => object.metadata.name === rootCertificateName, map: of },
    ],
    concurrency: 4,
    async reconcile({ name }, { signal }) {
      const namespace = environment.cache.get<Namespace>({ ...namespaceKind, name });
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
      await ensureObject(
        environment,
        { ...serviceAccountKind, metadata: { namespace: name, name: "default" } },
        { signal },
      );
      if (rootCertificate === undefined) return;
      await ensureRootCertificate(environment, { namespace: name, rootCertificate }, signal);
    },
  };
}

async function ensureRootCertificate(
  environment: Environment,
  { namespace, rootCertificate }: { readonly namespace: string; readonly rootCertificate: string },
  signal: AbortSignal,
): Promise<void> {
  const ref = { ...configMapKind, namespace, name: rootCertificateName };
  const data = { "ca.crt": rootCertificate };
  const known = environment.cache.get(ref);
  if (known === undefined) {
    const annotations = {
      "kubernetes.io/description": "Holds the certificate authority that the cluster's API server is verified with.",
    };
    await ensureObject(
      environment,
      { ...configMapKind, metadata: { namespace, name: rootCertificateName, annotations }, data },
      { signal },
    );
  } else if ((known.data as { readonly "ca.crt"?: string } | undefined)?.["ca.crt"] !== rootCertificate) {
    await environment.client.patch(ref, { kind: "merge", value: { data } }, { signal });
  }
}

/** Creates the object if the cache does not hold it. A namespace that ends meanwhile is no failure. */
async function ensureObject(
  { cache, client }: Environment,
  object: KubeObject,
  { signal }: ReconcileContext,
): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  if (cache.get({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name ?? "" }) !== undefined) return;
  try {
    await client.create(object, { signal });
  } catch (error) {
    if (!isAlreadyExists(error) && !isNotFound(error) && !isForbidden(error)) throw error;
  }
}
