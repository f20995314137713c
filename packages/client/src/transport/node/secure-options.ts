import type { ConnectionOptions } from "node:tls";
import type { ClusterAccess } from "../../kubeconfig.ts";

/** What TLS needs to know of an access. */
export function secureOptions(access: ClusterAccess): ConnectionOptions {
  return {
    ...(access.certificateAuthority !== undefined && { ca: access.certificateAuthority }),
    ...(access.clientCertificate !== undefined && { cert: access.clientCertificate }),
    ...(access.clientKey !== undefined && { key: access.clientKey }),
    ...(access.tlsServerName !== undefined && { servername: access.tlsServerName }),
    rejectUnauthorized: !access.insecureSkipTlsVerify,
  };
}

/** The `authorization` header of an access, if it has one. */
export function credentialsOf(access: ClusterAccess): Record<string, string> {
  if (access.token !== undefined) return { authorization: `Bearer ${access.token}` };
  if (access.username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${access.username}:${access.password ?? ""}`).toString("base64")}` };
}
