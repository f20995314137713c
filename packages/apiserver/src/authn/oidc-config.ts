import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { compileExpression, type Declaration, dynType, type Program, rootTypeOf } from "@lateen/cel";
import { readSchemaNode } from "@lateen/objects";
import { listOf, objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";

/** Where a part of the user comes from: a claim with a prefix, or an expression over `claims`. */
export type ClaimSource =
  | { readonly kind: "claim"; readonly claim: string; readonly prefix: string }
  | { readonly kind: "expression"; readonly text: string; readonly program: Program };

export interface Rule {
  readonly text: string;
  readonly message: string;
  readonly program: Program;
}

/** One issuer whose tokens are accepted (apiserver.config.k8s.io JWTAuthenticator). */
export interface JwtIssuer {
  readonly url: string;
  readonly discoveryUrl: string;
  /** PEM of the authorities that the issuer's certificate may be from; the system's without. */
  readonly certificateAuthority: string | undefined;
  readonly audiences: readonly string[];
  readonly username: ClaimSource;
  readonly groups: ClaimSource | undefined;
  readonly uid: ClaimSource | undefined;
  readonly extra: readonly { readonly key: string; readonly source: ClaimSource }[];
  readonly requiredClaims: readonly { readonly claim: string; readonly value: string }[];
  readonly claimRules: readonly Rule[];
  readonly userRules: readonly Rule[];
}

export interface AuthenticationConfig {
  readonly issuers: readonly JwtIssuer[];
  /** Undefined leaves it to the server. */
  readonly anonymous: boolean | undefined;
}

/** Why a configuration cannot be used; names the place. */
export class AuthenticationConfigError extends Error {
  override readonly name = "AuthenticationConfigError";
  readonly code = "AuthenticationConfig";
}

const versions = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`);

/** Reads an AuthenticationConfiguration. @throws AuthenticationConfigError. */
export function parseAuthenticationConfig(config: JsonValue): AuthenticationConfig {
  if (!isJsonObject(config) || config.kind !== "AuthenticationConfiguration")
    fail("kind", "must be AuthenticationConfiguration");
  if (!versions.includes(textOf(config.apiVersion))) fail("apiVersion", `must be one of ${versions.join(", ")}`);
  const issuers = objectsOf(config.jwt).map((jwt, i) => issuerOf(jwt, `jwt[${i}]`));
  const urls = new Set<string>();
  for (const [i, { url }] of issuers.entries()) {
    if (urls.has(url)) fail(`jwt[${i}].issuer.url`, `${JSON.stringify(url)} is there twice`);
    urls.add(url);
  }
  const anonymous = valueAt(config, "anonymous", "enabled");
  return { issuers, anonymous: typeof anonymous === "boolean" ? anonymous : undefined };
}

function fail(field: string, why: string): never {
  throw new AuthenticationConfigError(`${field}: ${why}`);
}

function issuerOf(jwt: JsonObject, field: string): JwtIssuer {
  const issuer = isJsonObject(jwt.issuer) ? jwt.issuer : fail(`${field}.issuer`, "is required");
  const url = textOf(issuer.url);
  const discoveryUrl = textOf(issuer.discoveryURL) || `${url.replace(/\/$/, "")}/.well-known/openid-configuration`;
  for (const [member, text] of [
    ["url", url],
    ["discoveryURL", discoveryUrl],
  ] as const) {
    if (!/^https:\/\/[^@?#]+$/.test(text))
      fail(`${field}.issuer.${member}`, `must be an https URL without user, query and fragment`);
  }
  const audiences = listOf(issuer.audiences).map(textOf);
  if (audiences.length === 0) fail(`${field}.issuer.audiences`, "at least one audience is needed");
  if (audiences.length > 1 && issuer.audienceMatchPolicy !== "MatchAny") {
    fail(`${field}.issuer.audienceMatchPolicy`, "must be MatchAny with several audiences");
  }
  const certificateAuthority = textOf(issuer.certificateAuthority);
  const mappings = isJsonObject(jwt.claimMappings) ? jwt.claimMappings : {};
  const place = `${field}.claimMappings`;
  const username = sourceOf(mappings.username, `${place}.username`, "claims");
  if (username === undefined) fail(`${place}.username`, "a claim or an expression is needed");
  const rules = objectsOf(jwt.claimValidationRules);
  return {
    url,
    discoveryUrl,
    certificateAuthority: certificateAuthority === "" ? undefined : certificateAuthority,
    audiences,
    username,
    groups: sourceOf(mappings.groups, `${place}.groups`, "claims"),
    uid: sourceOf(mappings.uid, `${place}.uid`, "claims"),
    extra: objectsOf(mappings.extra).map(({ key, valueExpression }, i) => ({
      key: textOf(key),
      source:
        sourceOf({ expression: valueExpression ?? "" }, `${place}.extra[${i}].valueExpression`, "claims") ??
        fail(`${place}.extra[${i}]`, "an expression is needed"),
    })),
    requiredClaims: rules
      .filter((rule) => textOf(rule.claim) !== "")
      .map((rule) => ({ claim: textOf(rule.claim), value: textOf(rule.requiredValue) })),
    claimRules: rulesOf(rules, `${field}.claimValidationRules`, "claims"),
    userRules: rulesOf(objectsOf(jwt.userValidationRules), `${field}.userValidationRules`, "user"),
  };
}

function sourceOf(value: JsonValue | undefined, field: string, variable: string): ClaimSource | undefined {
  if (!isJsonObject(value)) return undefined;
  const claim = textOf(value.claim);
  const text = textOf(value.expression);
  if (claim !== "" && text !== "") fail(field, "must not have both a claim and an expression");
  if (claim !== "") return { kind: "claim", claim, prefix: textOf(value.prefix) };
  return text === "" ? undefined : { kind: "expression", text, program: compiled(text, field, variable) };
}

function rulesOf(rules: readonly JsonObject[], field: string, variable: string): readonly Rule[] {
  return rules.flatMap((rule, i) => {
    const text = textOf(rule.expression);
    if (text === "") return [];
    const program = compiled(text, `${field}[${i}].expression`, variable);
    return [{ text, message: textOf(rule.message), program }];
  });
}

/** A value of any shape. */
const anything: Declaration = {
  type: dynType,
  shape: rootTypeOf(readSchemaNode({ type: "object", "x-kubernetes-preserve-unknown-fields": true }))
    ?.shape as Declaration["shape"],
};

function compiled(text: string, field: string, variable: string): Program {
  const result = compileExpression(text, new Map([[variable, anything]]));
  return result.kind === "compiled" ? result.program : fail(field, `compilation failed: ${result.message}`);
}
