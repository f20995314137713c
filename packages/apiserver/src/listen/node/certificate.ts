/** X.509 v3 certificates over ECDSA P-256 (RFC 5280, RFC 5758): a certificate authority and what it signs. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIP } from "node:net";
import * as der from "./der.ts";

/** A certificate with its private key, both as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DNS names and addresses that a server's certificate is for. */
  readonly hosts?: readonly string[];
  readonly usage: "authority" | "server" | "client";
  /** Who signs; an authority without one signs itself. */
  readonly issuer?: KeyPair;
}

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

/** Makes a key and a certificate for it. */
export function issueCertificate(options: CertificateOptions): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = nameOf(options.commonName, options.organizations ?? []);
  const issuer = options.issuer === undefined ? { name: subject, key: privateKey } : readIssuer(options.issuer);
  const publicInfo = publicKey.export({ type: "spki", format: "der" });
  const toSign = der.sequence(
    der.explicit(0, der.integer(Uint8Array.of(2))),
    der.integer(serialNumber()),
    ecdsaWithSha256,
    issuer.name,
    der.sequence(der.time(options.notBefore), der.time(options.notAfter)),
    subject,
    publicInfo,
    der.explicit(3, der.sequence(...extensionsOf(options, { publicKey, issuerKey: createPublicKey(issuer.key) }))),
  );
  const signature = sign("sha256", toSign, issuer.key);
  return {
    certificate: pem("CERTIFICATE", der.sequence(toSign, ecdsaWithSha256, der.bits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function serialNumber(): Uint8Array {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}

function nameOf(commonName: string, organizations: readonly string[]): der.Der {
  const attribute = (type: string, text: string): der.Der => der.set(der.sequence(der.oid(type), der.utf8(text)));
  return der.sequence(
    ...organizations.map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", commonName),
  );
}

/** The issuer's name as it stands in its certificate: the sixth part of what is signed. */
function readIssuer({ certificate, key }: KeyPair): { readonly name: der.Der; readonly key: KeyObject } {
  const bytes = fromPem(certificate);
  const signed = contentOf(bytes, contentOf(bytes, { start: 0 }));
  let at = signed.start;
  // version, serial number, algorithm, issuer and validity come before the subject.
  for (let n = 0; n < 5; n++) at = endOf(bytes, at);
  return { name: bytes.subarray(at, endOf(bytes, at)), key: createPrivateKey(key) };
}

interface Span {
  readonly start: number;
}

function headOf(bytes: Uint8Array, at: number): { readonly start: number; readonly length: number } {
  const first = bytes[at + 1]!;
  if (first < 0x80) return { start: at + 2, length: first };
  let length = 0;
  for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + bytes[at + 2 + i]!;
  return { start: at + 2 + (first & 0x7f), length };
}

function contentOf(bytes: Uint8Array, { start }: Span): Span {
  return { start: headOf(bytes, start).start };
}

function endOf(bytes: Uint8Array, at: number): number {
  const { start, length } = headOf(bytes, at);
  return start + length;
}

function extensionsOf(
  { usage, hosts = [] }: CertificateOptions,
  keys: { readonly publicKey: KeyObject; readonly issuerKey: KeyObject },
): der.Der[] {
  const extension = (id: string, critical: boolean, value: der.Der): der.Der =>
    der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value));
  const isAuthority = usage === "authority";
  const extensions = [
    extension("2.5.29.19", true, isAuthority ? der.sequence(der.boolean(true)) : der.sequence()),
    // keyCertSign and cRLSign, or digitalSignature.
    extension("2.5.29.15", true, isAuthority ? der.bits(Uint8Array.of(0x06), 1) : der.bits(Uint8Array.of(0x80), 7)),
    extension("2.5.29.14", false, der.octets(keyIdentifier(keys.publicKey))),
    extension("2.5.29.35", false, der.sequence(der.implicit(0, keyIdentifier(keys.issuerKey)))),
  ];
  if (!isAuthority) {
    const purpose = usage === "server" ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2";
    extensions.push(extension("2.5.29.37", false, der.sequence(der.oid(purpose))));
  }
  if (hosts.length > 0) extensions.push(extension("2.5.29.17", false, der.sequence(...hosts.map(generalName))));
  return extensions;
}

function keyIdentifier(key: KeyObject): Uint8Array {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

function generalName(host: string): der.Der {
  return isIP(host) === 0 ? der.implicit(2, Buffer.from(host, "latin1")) : der.implicit(7, addressBytes(host));
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function fromPem(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}
