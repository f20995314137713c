import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "@lateen/base";
import { issueCertificate, type KeyPair } from "./certificate.ts";

/** What a server and its first client need for TLS, all PEM. */
export interface TlsMaterial {
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  /** Of the user `lateen:admin` in `system:masters`. */
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** The authority of proxies that may say who asks (requestheader-client-ca), and the server's own certificate of it. */
  readonly frontProxyCa: string;
  readonly frontProxy: KeyPair;
}

/** The name in the server's certificate as a front proxy. */
export const frontProxyName = "front-proxy-client";

export interface PrepareTlsOptions {
  /** Where the files lie; made when absent. Keys are readable by their owner alone. */
  readonly folder: string;
  /** The address that the server listens on, and what else clients call it. */
  readonly host: string;
  readonly hosts?: readonly string[];
  readonly clock?: Clock;
}

const dayMs = 24 * 60 * 60 * 1000;
const authorityDays = 3650;
const certificateDays = 365;
/** Certificates are made anew this long before they end. */
const renewDays = 30;

/** Reads the certificates of a data directory, making what is absent, about to expire or for other hosts. */
export function prepareTls({ folder, host, hosts = [], clock = systemClock }: PrepareTlsOptions): TlsMaterial {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const now = clock.now();
  const notBefore = new Date(now - dayMs);
  const dates = (days: number) => ({ notBefore, notAfter: new Date(now + days * dayMs) });
  const authority = keep(folder, "ca", { now }, () =>
    issueCertificate({ commonName: "lateen-ca", usage: "authority", ...dates(authorityDays) }),
  );
  const names = serverNames([host, ...hosts]);
  const issuer = authority;
  const server = keep(folder, "server", { now, issuer, hosts: names }, () =>
    issueCertificate({ commonName: "lateen", usage: "server", hosts: names, issuer, ...dates(certificateDays) }),
  );
  const client = keep(folder, "client", { now, issuer }, () =>
    issueCertificate({
      commonName: "lateen:admin",
      organizations: ["system:masters"],
      usage: "client",
      issuer,
      ...dates(certificateDays),
    }),
  );
  // An authority of its own: its certificates are nobody's to this server, and those of clients may not speak for others.
  const proxyAuthority = keep(folder, "front-proxy-ca", { now }, () =>
    issueCertificate({ commonName: "lateen-front-proxy-ca", usage: "authority", ...dates(authorityDays) }),
  );
  const frontProxy = keep(folder, "front-proxy-client", { now, issuer: proxyAuthority }, () =>
    issueCertificate({
      commonName: frontProxyName,
      usage: "client",
      issuer: proxyAuthority,
      ...dates(certificateDays),
    }),
  );
  return {
    frontProxyCa: proxyAuthority.certificate,
    frontProxy,
    ca: authority.certificate,
    serverCertificate: server.certificate,
    serverKey: server.key,
    clientCertificate: client.certificate,
    clientKey: client.key,
  };
}

function serverNames(hosts: readonly string[]): readonly string[] {
  const own = hosts.filter((host) => host !== "0.0.0.0" && host !== "::");
  return [
    ...new Set([
      ...own,
      "localhost",
      "127.0.0.1",
      "::1",
      "10.96.0.1",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
    ]),
  ];
}

interface KeepOptions {
  readonly now: number;
  readonly issuer?: KeyPair;
  readonly hosts?: readonly string[];
}

function keep(folder: string, name: string, options: KeepOptions, make: () => KeyPair): KeyPair {
  const certificatePath = join(folder, `${name}.crt`);
  const keyPath = join(folder, `${name}.key`);
  if (existsSync(certificatePath) && existsSync(keyPath)) {
    const pair = { certificate: readFileSync(certificatePath, "utf8"), key: readFileSync(keyPath, "utf8") };
    if (isGood(pair, options)) return pair;
  }
  const made = make();
  writePrivate(keyPath, made.key);
  writePrivate(certificatePath, made.certificate);
  return made;
}

function isGood({ certificate }: KeyPair, { now, issuer, hosts = [] }: KeepOptions): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    if (Date.parse(parsed.validTo) - now < renewDays * dayMs) return false;
    if (issuer !== undefined && !parsed.verify(new X509Certificate(issuer.certificate).publicKey)) return false;
    return hosts.every((host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined);
  } catch {
    return false;
  }
}

/** Writes a file whole or not at all, readable by its owner alone. */
export function writePrivate(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
