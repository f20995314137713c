import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { type Kind, type KubeObject, valueAt } from "@lateen/objects";
import { textOf } from "../object/text.ts";
import type { CustomKind, ScalePaths } from "./custom-kind.ts";

/** Verbs of custom resources, in the order of their discovery. */
const customVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"] as const;

/** The kinds that an established definition serves, the preferred version first. Empty while its names are not accepted. */
export function kindsOfDefinition(definition: KubeObject): readonly CustomKind[] {
  if (!isEstablished(definition)) return [];
  const spec = definition["spec"] as JsonObject;
  const versions = listOf(spec.versions).filter(isJsonObject);
  const storage = versions.find((version) => version.storage === true);
  if (storage === undefined) return [];
  const served = versions
    .filter((version) => version.served === true)
    .toSorted((a, b) => compareVersions(textOf(a.name), textOf(b.name)));
  return served.map((version) => customKindOf(definition, version, storage));
}

/** The kind in the version that the store keeps, served or not. */
export function storedKindOf(definition: KubeObject): CustomKind | undefined {
  const versions = listOf(valueAt(definition, "spec", "versions")).filter(isJsonObject);
  const storage = versions.find((version) => version.storage === true);
  return storage === undefined ? undefined : customKindOf(definition, storage, storage);
}

export function isEstablished(definition: KubeObject): boolean {
  return listOf(valueAt(definition, "status", "conditions")).some(
    (condition) => isJsonObject(condition) && condition.type === "Established" && condition.status === "True",
  );
}

function customKindOf(definition: KubeObject, version: JsonObject, storage: JsonObject): CustomKind {
  const spec = definition["spec"] as JsonObject;
  const names = (valueAt(definition, "status", "acceptedNames") ?? spec.names) as JsonObject;
  const scale = valueAt(version, "subresources", "scale") as unknown as ScalePaths | undefined;
  const status = isJsonObject(valueAt(version, "subresources", "status"));
  const group = textOf(spec.group);
  const kind: Kind = {
    group,
    version: textOf(version.name),
    kind: textOf(names.kind),
    plural: textOf(names.plural),
    singular: text(names.singular) ?? textOf(names.kind).toLowerCase(),
    listKind: text(names.listKind) ?? `${textOf(names.kind)}List`,
    namespaced: spec.scope === "Namespaced",
    shortNames: texts(names.shortNames),
    categories: texts(names.categories),
    verbs: customVerbs,
    subresources: [...(scale === undefined ? [] : ["scale"]), ...(status ? ["status"] : [])],
    storageVersion: storage.name === version.name ? undefined : textOf(storage.name),
  };
  return {
    kind,
    custom: {
      definition: definition.metadata.name ?? "",
      tag: `${definition.metadata.uid ?? ""}:${definition.metadata.generation ?? 0}`,
      storageVersion: textOf(storage.name),
      storage: storage.name === version.name,
      statusSubresource: status,
      scale,
      schema: schemaOf(version),
      storageSchema: schemaOf(storage),
      columns: listOf(version.additionalPrinterColumns).filter(isJsonObject),
      selectableFields: listOf(version.selectableFields).map((field) => textOf(valueAt(field, "jsonPath"))),
      deprecationWarning: deprecationOf(version, kind, spec),
      conversion: conversionOf(spec),
      schemas: new Map(
        listOf(spec.versions)
          .filter(isJsonObject)
          .map((one) => [textOf(one.name), schemaOf(one)]),
      ),
      terminating: definition.metadata.deletionTimestamp !== undefined,
    },
  };
}

function conversionOf(spec: JsonObject): JsonObject | undefined {
  if (valueAt(spec, "conversion", "strategy") !== "Webhook") return undefined;
  const webhook = valueAt(spec, "conversion", "webhook");
  return isJsonObject(webhook) ? webhook : {};
}

function deprecationOf(version: JsonObject, kind: Kind, spec: JsonObject): string | undefined {
  if (version.deprecated !== true) return undefined;
  const own = text(version.deprecationWarning);
  if (own !== undefined) return own;
  const name = `${kind.group}/${kind.version} ${kind.kind}`;
  const newer = listOf(spec.versions)
    .filter(isJsonObject)
    .filter((other) => other.served === true && other.deprecated !== true)
    .map((other) => textOf(other.name))
    .toSorted(compareVersions)[0];
  if (newer === undefined || compareVersions(newer, kind.version) > 0) return `${name} is deprecated`;
  return `${name} is deprecated; use ${kind.group}/${newer} ${kind.kind}`;
}

function schemaOf(version: JsonObject): JsonObject | undefined {
  const schema = valueAt(version, "schema", "openAPIV3Schema");
  return isJsonObject(schema) ? schema : undefined;
}

/** Kubernetes' order of versions: GA before beta before alpha, each the highest first, then all other names by letter. */
export function compareVersions(left: string, right: string): number {
  const a = rankOf(left);
  const b = rankOf(right);
  if (a === undefined || b === undefined) {
    if (a !== undefined) return -1;
    if (b !== undefined) return 1;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return b.stage - a.stage || b.major - a.major || b.minor - a.minor;
}

function rankOf(
  version: string,
): { readonly stage: number; readonly major: number; readonly minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return undefined;
  const stage = match[2] === undefined ? 3 : match[2] === "beta" ? 2 : 1;
  return { stage, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: JsonValue | undefined): readonly string[] {
  return listOf(value).filter((item): item is string => typeof item === "string");
}
