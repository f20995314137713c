import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { issueCertificate, writeKubeconfig } from "@lateen/apiserver/listen/node";
import { StartError } from "./options.ts";

const dayMs = 24 * 60 * 60 * 1000;
const validDays = 365;

export type KubeconfigUser =
  /** A client certificate for this name, signed by the data directory's own authority. */
  | { readonly kind: "certificate"; readonly user: string; readonly groups: readonly string[] }
  /** A bearer token and no certificate, which would win over it. */
  | { readonly kind: "token"; readonly token: string };

/**
 * Writes a kubeconfig of another user for the server of a data directory. @returns its path.
 * @throws StartError when no server has run there.
 */
export function writeUserKubeconfig(
  dataDir: string,
  { user, server, nowMs }: { readonly user: KubeconfigUser; readonly server: string; readonly nowMs: number },
): string {
  const read = (name: string): string => {
    const path = join(dataDir, "tls", name);
    if (existsSync(path)) return readFileSync(path, "utf8");
    throw new StartError(`no server has run on the data directory ${dataDir}: there is no ${path}`);
  };
  const tls = { ca: read("ca.crt"), clientCertificate: "", clientKey: "" };
  const folder = join(dataDir, "users");
  if (user.kind === "token") {
    return writeKubeconfig({ folder, server, tls, name: "token.kubeconfig", token: user.token });
  }
  const { certificate, key } = issueCertificate({
    commonName: user.user,
    organizations: user.groups,
    usage: "client",
    issuer: { certificate: tls.ca, key: read("ca.key") },
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + validDays * dayMs),
  });
  const name = `${user.user.replaceAll(/[^A-Za-z0-9._-]/g, "_")}.kubeconfig`;
  return writeKubeconfig({ folder, server, tls: { ...tls, clientCertificate: certificate, clientKey: key }, name });
}
