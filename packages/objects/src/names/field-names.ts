import { type FieldError, invalidField, requiredField } from "../field-error.ts";
import { formatCidr, formatIp, isV4Mapped, maskedCidr, parseCidr, parseIp } from "./addresses.ts";
import { pathComplaint, validateDns1123Label, validateDns1123Subdomain } from "./names.ts";

/** A domain of at least two segments; a dot at its end is fine. */
export function validateFullyQualifiedDomainName(field: string, name: string): FieldError[] {
  if (name === "") return [requiredField(field)];
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  const messages = validateDns1123Subdomain(bare);
  if (messages.length > 0) return messages.map((message) => invalidField(field, bare, message));
  if (bare.split(".").length < 2)
    return [invalidField(field, name, "should be a domain with at least two segments separated by dots")];
  for (const label of bare.split(".")) {
    const complaints = validateDns1123Label(label);
    if (complaints.length > 0) return complaints.map((message) => invalidField(field, label, message));
  }
  return [];
}

/** A name of at least three segments. */
export function validateFullyQualifiedName(field: string, name: string): FieldError[] {
  if (name === "") return [requiredField(field)];
  const messages = validateDns1123Subdomain(name);
  if (messages.length > 0) return messages.map((message) => invalidField(field, name, message));
  if (name.split(".").length < 3)
    return [invalidField(field, name, "should be a domain with at least three segments separated by dots")];
  return [];
}

/** `acme.io/foo`: a domain, a slash, a path. */
export function validateDomainPrefixedPath(field: string, text: string): FieldError[] {
  if (text === "") return [requiredField(field)];
  const slash = text.indexOf("/");
  const host = text.slice(0, Math.max(0, slash));
  const path = text.slice(slash + 1);
  if (slash < 0 || host === "" || path === "")
    return [invalidField(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const messages = validateDns1123Subdomain(host);
  if (messages.length > 0) return messages.map((message) => invalidField(field, host, message));
  const complaint = pathComplaint(path);
  return complaint === undefined ? [] : [invalidField(field, path, complaint)];
}

const notAnIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const notACidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

export function validateIp(field: string, text: string): FieldError[] {
  const ip = parseIp(text, { leadingZeros: true });
  if (ip === undefined) return [invalidField(field, text, notAnIp)];
  if (parseIp(text) === undefined) return [invalidField(field, text, "must not have leading 0s")];
  if (isV4Mapped(ip)) return [invalidField(field, text, "must not be an IPv4-mapped IPv6 address")];
  const canonical = formatIp(ip);
  return canonical === text ? [] : [invalidField(field, text, `must be in canonical form ("${canonical}")`)];
}

export function validateCidr(field: string, text: string): FieldError[] {
  const block = parseCidr(text, { leadingZeros: true });
  if (block === undefined) return [invalidField(field, text, notACidr)];
  if (parseCidr(text) === undefined)
    return [invalidField(field, text, "must not have leading 0s in IP or prefix length")];
  if (isV4Mapped(block.ip)) return [invalidField(field, text, "must not have an IPv4-mapped IPv6 address")];
  if (maskedCidr(block).ip.value !== block.ip.value)
    return [invalidField(field, text, "must not have bits set beyond the prefix length")];
  const canonical = formatCidr(block);
  return canonical === text ? [] : [invalidField(field, text, `must be in canonical form ("${canonical}")`)];
}
