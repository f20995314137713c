/**
 * The rules for names in the API (k8s.io/apimachinery pkg/util/validation, pkg/api/validation). Each function gives the
 * complaints in the server's words and order; none means the text is fine.
 */

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const patterns = {
  label: whole(label),
  label1035: whole("[a-z]([-a-z0-9]*[a-z0-9])?"),
  subdomain: whole(subdomain),
  underscore: whole("_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*"),
  wildcard: whole(`\\*\\.${subdomain}`),
  qualified: whole(qualified),
  labelValue: whole(`(${qualified})?`),
  configKey: /^[-._a-zA-Z0-9]+$/,
  envVar: /^[-._a-zA-Z][-._a-zA-Z0-9]*$/,
  relaxedEnvVar: /^[ -<>-~]+$/,
  httpHeader: /^[-A-Za-z0-9]+$/,
  percent: /^[0-9]+%$/,
  portCharset: /^[-a-z0-9]+$/,
  path: /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/,
};

const texts = {
  label: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  label1035:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  subdomain: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
  underscore:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
  wildcard: `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.${subdomain}')`,
  qualified: `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualified}')`,
  labelValue: `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualified})?')`,
  configKey:
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  envVar:
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
  relaxedEnvVar: "a valid environment variable name must consist only of printable ASCII characters other than '='",
  httpHeader:
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
  percent:
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  path: "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
};

const bytes = new TextEncoder();

/** Length in bytes of UTF-8, as the server counts. */
export function byteLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return bytes.encode(text).length;
  return text.length;
}

function tooLong(text: string, max: number, unit: "characters" | "bytes" = "characters"): string[] {
  return byteLength(text) > max ? [`must be no more than ${max} ${unit}`] : [];
}

function check(text: string, max: number, rule: { pattern: RegExp; message: string }): string[] {
  const messages = tooLong(text, max);
  if (!rule.pattern.test(text)) messages.push(rule.message);
  return messages;
}

/** A DNS label without the hint about dots (RFC 1123). */
export function validateDns1123Label(text: string): string[] {
  const messages = tooLong(text, 63);
  if (!patterns.label.test(text)) messages.push(patterns.subdomain.test(text) ? "must not contain dots" : texts.label);
  return messages;
}

export function validateDns1123Subdomain(text: string): string[] {
  return check(text, 253, { pattern: patterns.subdomain, message: texts.subdomain });
}

export function validateDns1035Label(text: string): string[] {
  return check(text, 63, { pattern: patterns.label1035, message: texts.label1035 });
}

export function validateSubdomainWithUnderscore(text: string): string[] {
  return check(text, 253, { pattern: patterns.underscore, message: texts.underscore });
}

export function validateWildcardSubdomain(text: string): string[] {
  return check(text, 253, { pattern: patterns.wildcard, message: texts.wildcard });
}

/** A label key: `name` or `prefix/name`. */
export function validateQualifiedName(text: string): string[] {
  const parts = text.split("/");
  if (parts.length > 2)
    return [
      `a qualified name ${texts.qualified} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const messages: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === "") messages.push("prefix part must be non-empty");
    else for (const message of validateDns1123Subdomain(parts[0]!)) messages.push(`prefix part ${message}`);
  }
  const name = parts.at(-1)!;
  if (name === "") messages.push("name part must be non-empty");
  else for (const message of tooLong(name, 63, "bytes")) messages.push(`name part ${message}`);
  if (!patterns.qualified.test(name)) messages.push(`name part ${texts.qualified}`);
  return messages;
}

export function validateLabelValue(text: string): string[] {
  const messages = tooLong(text, 63, "bytes");
  if (!patterns.labelValue.test(text)) messages.push(texts.labelValue);
  return messages;
}

/** A key in the data of a ConfigMap or Secret. */
export function validateConfigMapKey(text: string): string[] {
  return [...check(text, 253, { pattern: patterns.configKey, message: texts.configKey }), ...dotComplaints(text)];
}

function dotComplaints(text: string): string[] {
  if (text === ".") return ["must not be '.'"];
  if (text === "..") return ["must not be '..'"];
  return text.startsWith("..") ? ["must not start with '..'"] : [];
}

export function validateEnvVarName(text: string): string[] {
  return [...(patterns.envVar.test(text) ? [] : [texts.envVar]), ...dotComplaints(text)];
}

export function validateRelaxedEnvVarName(text: string): string[] {
  if (text === "") return ["environment variable name must be non-empty"];
  return patterns.relaxedEnvVar.test(text) ? [] : [texts.relaxedEnvVar];
}

/** The name of a port (an IANA service name). */
export function validatePortName(text: string): string[] {
  const messages = tooLong(text, 15);
  if (!patterns.portCharset.test(text))
    messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(text)) messages.push("must contain at least one letter (a-z)");
  if (text.includes("--")) messages.push("must not contain consecutive hyphens");
  if (text.startsWith("-") || text.endsWith("-")) messages.push("must not begin or end with a hyphen");
  return messages;
}

export function validatePercent(text: string): string[] {
  return patterns.percent.test(text) ? [] : [texts.percent];
}

export function validateHttpHeaderName(text: string): string[] {
  return patterns.httpHeader.test(text) ? [] : [texts.httpHeader];
}

/** The message of a path's last part in a domain-prefixed path, or undefined. */
export function pathComplaint(text: string): string | undefined {
  return patterns.path.test(text) ? undefined : texts.path;
}

/** Rules for `metadata.name`; with `prefix` the text is a generateName, whose last dash is forgiven. */
export type NameRule = (name: string, options?: { readonly prefix?: boolean }) => string[];

function nameRule(validate: (text: string) => string[]): NameRule {
  return (name, options) =>
    validate(options?.prefix === true && name.endsWith("-") && name.length > 1 ? `${name.slice(0, -2)}a` : name);
}

export const nameIsSubdomain: NameRule = nameRule(validateDns1123Subdomain);
export const nameIsLabel: NameRule = nameRule(validateDns1123Label);
export const nameIsDns1035Label: NameRule = nameRule(validateDns1035Label);

/** What may stand as a segment of a path, and no more: RBAC's names. */
export const nameIsPathSegment: NameRule = (name, options) => {
  const messages: string[] = [];
  if (options?.prefix !== true && (name === "." || name === "..")) messages.push(`may not be '${name}'`);
  for (const part of ["/", "%"]) if (name.includes(part)) messages.push(`may not contain '${part}'`);
  return messages;
};

const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const maxGeneratedPrefix = 63 - suffixLength;

/** `generateName` completed by five random letters, cut so that 63 are not passed. `random` gives [0, 1). */
export function generateName(base: string, random: () => number): string {
  let name = base.slice(0, maxGeneratedPrefix);
  for (let i = 0; i < suffixLength; i++) name += suffixAlphabet[Math.floor(random() * suffixAlphabet.length)]!;
  return name;
}
