import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { toYaml } from "@lateen/objects/yaml";
import { type TlsMaterial, writePrivate } from "./tls.ts";

export interface KubeconfigOptions {
  readonly folder: string;
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly tls: Pick<TlsMaterial, "ca" | "clientCertificate" | "clientKey">;
  /** File name in the folder. */
  readonly name?: string;
  /** A bearer token instead of the client certificate (a certificate would win over it). */
  readonly token?: string;
}

/** Writes a kubeconfig for this server, readable by its owner alone. @returns its path. */
export function writeKubeconfig(options: KubeconfigOptions): string {
  const { folder, server, tls, name = "kubeconfig", token } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const user =
    token === undefined
      ? { "client-certificate-data": base64(tls.clientCertificate), "client-key-data": base64(tls.clientKey) }
      : { token };
  const path = join(folder, name);
  writePrivate(
    path,
    toYaml({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "lateen", cluster: { server, "certificate-authority-data": base64(tls.ca) } }],
      users: [{ name: "lateen", user }],
      contexts: [{ name: "lateen", context: { cluster: "lateen", user: "lateen" } }],
      "current-context": "lateen",
    }),
  );
  return path;
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
