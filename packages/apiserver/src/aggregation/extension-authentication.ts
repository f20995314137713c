import { jsonEquals } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { ensure } from "../server/bootstrap.ts";
import type { Core } from "../server/core.ts";
import { internalRequest } from "../server/internal-request.ts";
import { changeObject } from "../write/update.ts";

/** Whom servers of other APIs believe, as PEM. */
export interface ExtensionAuthentication {
  /** Authorities of clients' certificates. */
  readonly clientCa: string;
  /** Authorities of proxies that say who asks in the headers `X-Remote-…`: this server is one. */
  readonly requestHeaderCa: string;
  /** Names that their certificates may have. */
  readonly allowedNames: readonly string[];
}

/**
 * Keeps the ConfigMap `kube-system/extension-apiserver-authentication`, from which servers of other APIs (aggregated ones, and
 * whatever is built on k8s.io/apiserver) learn how callers are known (controlplane/controller/clusterauthenticationtrust). Members that
 * others added stay.
 */
export async function publishExtensionAuthentication(
  core: Core,
  { clientCa, requestHeaderCa, allowedNames }: ExtensionAuthentication,
): Promise<void> {
  const data = {
    "client-ca-file": clientCa,
    "requestheader-allowed-names": JSON.stringify(allowedNames),
    "requestheader-client-ca-file": requestHeaderCa,
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-username-headers": '["X-Remote-User"]',
  };
  const wanted: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data,
  };
  await ensure(core, wanted);
  const options = { dryRun: false, fieldManager: "lateen", fieldValidation: "Ignore" as const, force: true };
  await changeObject(internalRequest(core, wanted, "update"), options, (live) => {
    const known = valueAt(live, "data") as Readonly<Record<string, string>> | undefined;
    const merged = { ...known, ...data };
    return { object: jsonEquals(known ?? {}, merged) ? live : { ...live, data: merged } };
  });
}
