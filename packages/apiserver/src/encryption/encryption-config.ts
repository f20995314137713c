import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { listOf, objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import { base64ToBytes } from "../read/base64.ts";
import type { EncryptionRule, Provider, ValueCipher } from "./encrypted-store.ts";

/** Why a configuration cannot be used; names the place. */
export class EncryptionConfigError extends Error {
  override readonly name = "EncryptionConfigError";
  readonly code = "EncryptionConfig";
}

/**
 * Reads an EncryptionConfiguration (apiserver.config.k8s.io/v1) with the providers `aesgcm` and `identity`.
 * @throws EncryptionConfigError.
 */
export function parseEncryptionConfig(
  config: JsonValue,
  cipherOf: (key: Uint8Array) => ValueCipher,
): readonly EncryptionRule[] {
  if (!isJsonObject(config) || config.kind !== "EncryptionConfiguration") {
    throw new EncryptionConfigError("kind: must be EncryptionConfiguration");
  }
  if (config.apiVersion !== "apiserver.config.k8s.io/v1") {
    throw new EncryptionConfigError("apiVersion: must be apiserver.config.k8s.io/v1");
  }
  const rules = objectsOf(config.resources);
  if (rules.length === 0) throw new EncryptionConfigError("resources: at least one rule is needed");
  return rules.map((rule, i) => ruleOf(rule, `resources[${i}]`, cipherOf));
}

function ruleOf(rule: JsonObject, field: string, cipherOf: (key: Uint8Array) => ValueCipher): EncryptionRule {
  const resources = listOf(rule.resources).map(textOf);
  if (resources.length === 0) throw new EncryptionConfigError(`${field}.resources: at least one resource is needed`);
  const providers = objectsOf(rule.providers).flatMap((provider, i) =>
    providersOf(provider, `${field}.providers[${i}]`, cipherOf),
  );
  if (providers.length === 0) throw new EncryptionConfigError(`${field}.providers: at least one provider is needed`);
  return { prefixes: resources.map(prefixOf), providers };
}

function providersOf(provider: JsonObject, field: string, cipherOf: (key: Uint8Array) => ValueCipher): Provider[] {
  const [name, ...more] = Object.keys(provider);
  if (more.length > 0 || name === undefined) throw new EncryptionConfigError(`${field}: must be exactly one provider`);
  if (name === "identity") return [{ kind: "identity" }];
  if (name !== "aesgcm") {
    throw new EncryptionConfigError(`${field}: provider ${JSON.stringify(name)} is not there; use aesgcm or identity`);
  }
  const keys = objectsOf(valueAt(provider, "aesgcm", "keys"));
  if (keys.length === 0) throw new EncryptionConfigError(`${field}.aesgcm.keys: at least one key is needed`);
  const names = new Set<string>();
  return keys.map((key, i) => {
    const place = `${field}.aesgcm.keys[${i}]`;
    const keyName = textOf(key.name);
    if (!/^[^:\s]{1,64}$/.test(keyName))
      throw new EncryptionConfigError(`${place}.name: must be a short name without ":"`);
    if (names.has(keyName)) throw new EncryptionConfigError(`${place}.name: ${JSON.stringify(keyName)} is there twice`);
    names.add(keyName);
    try {
      return { kind: "aesgcm", name: keyName, cipher: cipherOf(base64ToBytes(textOf(key.secret))) };
    } catch {
      // The text of the failure could hold the key.
      throw new EncryptionConfigError(`${place}.secret: must be 16, 24 or 32 bytes in base64`);
    }
  });
}

/** `secrets`, `widgets.example.com`, `*.example.com`, `*.` (all of core), `*.*`. */
function prefixOf(resource: string): string {
  if (resource === "*.*") return "/registry/";
  const dot = resource.indexOf(".");
  const plural = dot < 0 ? resource : resource.slice(0, dot);
  const group = dot < 0 ? "" : resource.slice(dot + 1);
  const folder = `/registry/${group === "" ? "core" : group}/`;
  return plural === "*" ? folder : `${folder}${plural}/`;
}
