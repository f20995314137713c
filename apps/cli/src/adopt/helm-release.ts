/** A Helm release as it lies in the cluster: the manifests of its newest revision, and the objects that record it. */
import { gunzipSync } from "node:zlib";
import { isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, readManifests, valueAt } from "@lateen/objects";

const maxManifestBytes = 32 * 1024 * 1024;

export interface HelmRelease {
  readonly name: string;
  readonly revision: number;
  /** As the chart was rendered; the live objects may differ. */
  readonly manifests: readonly KubeObject[];
  /** Secrets or ConfigMaps, one a revision. */
  readonly records: readonly KubeObject[];
}

/** @throws Error when there is no such release, or when its record cannot be read. */
export async function readHelmRelease(
  client: Client,
  {
    name,
    namespace,
    driver,
    signal,
  }: {
    readonly name: string;
    readonly namespace: string;
    readonly driver: "secret" | "configmap";
    readonly signal: AbortSignal;
  },
): Promise<HelmRelease> {
  const kind = driver === "secret" ? "Secret" : "ConfigMap";
  const { items } = await client.list(
    { apiVersion: "v1", kind, namespace },
    { labelSelector: `owner=helm,name=${name}`, signal },
  );
  const records = items
    .map((item): KubeObject => ({ ...item, apiVersion: "v1", kind }))
    .toSorted((a, b) => revisionOf(b) - revisionOf(a));
  const [newest] = records;
  if (newest === undefined)
    throw new Error(
      `no Helm release ${name} in namespace ${namespace} (looked for ${kind}s labelled owner=helm,name=${name})`,
    );
  const text = valueAt(newest.data, "release");
  if (typeof text !== "string") throw new Error(`${kind} ${newest.metadata.name} holds no release`);
  // A Secret's value is base64 once more than Helm's own.
  const packed = Buffer.from(driver === "secret" ? Buffer.from(text, "base64").toString("latin1") : text, "base64");
  const json =
    packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed, { maxOutputLength: maxManifestBytes }) : packed;
  const release: unknown = JSON.parse(json.toString("utf8"));
  const manifest = isJsonObject(release as never) ? valueAt(release, "manifest") : undefined;
  const { objects, diagnostics } = readManifests(typeof manifest === "string" ? manifest : "", {
    source: `release ${name}`,
  });
  if (diagnostics.length > 0) throw new Error(`release ${name}: ${diagnostics[0]!.message}`);
  return { name, revision: revisionOf(newest), manifests: objects, records };
}

const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.labels?.version ?? 0);
