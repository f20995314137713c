import { type JsonObject, isJsonObject } from "@lateen/base";
import { builtinTypeOf } from "../src/kinds/built-in-types.ts";
import { readJsonText } from "../src/kinds/typed/json-text.ts";
import { decodeTyped } from "../src/kinds/typed/typed-form.ts";
import { groupVersionOf, gvkOf } from "../src/kube-object.ts";
import * as addresses from "../src/names/field-names.ts";
import { validateMetadata, validateMetadataUpdate } from "../src/names/metadata.ts";
import * as names from "../src/names/names.ts";
import { patchJson } from "../src/patches/json-patch.ts";
import { diffMerge, patchMerge, threeWayMerge } from "../src/patches/merge-patch.ts";
import { diffStrategic, threeWayStrategic } from "../src/patches/strategic-diff.ts";
import { patchStrategic } from "../src/patches/strategic-patch.ts";
import * as fields from "../src/selectors/fields.ts";
import * as labels from "../src/selectors/labels.ts";
import * as quantities from "../src/values/quantity.ts";
import { readYaml, readYamlDocuments } from "../src/yaml/read-yaml.ts";
import { type Answer, type Input, valueAnswers } from "./objects-values.ts";

// Answers the cases of conformance/objects: values, selectors, names, templates, patches.

interface Case {
  readonly kind: string;
  readonly input: Input;
}

const typeOf = (name: string): ReturnType<typeof builtinTypeOf> => {
  const slash = name.lastIndexOf("/");
  return builtinTypeOf({ ...groupVersionOf(name.slice(0, slash)), kind: name.slice(slash + 1) });
};

const within64 = (value: bigint): boolean => value < 2n ** 63n - 1n && value > -(2n ** 63n);

const nameRules: Record<string, (text: string) => string[]> = {
  dns1123Label: names.validateDns1123Label,
  dns1123Subdomain: names.validateDns1123Subdomain,
  dns1035Label: names.validateDns1035Label,
  qualifiedName: names.validateQualifiedName,
  labelValue: names.validateLabelValue,
  configMapKey: names.validateConfigMapKey,
  envVarName: names.validateEnvVarName,
  relaxedEnvVarName: names.validateRelaxedEnvVarName,
  portName: names.validatePortName,
  percent: names.validatePercent,
  httpHeaderName: names.validateHttpHeaderName,
  wildcardSubdomain: names.validateWildcardSubdomain,
  subdomainWithUnderscore: names.validateSubdomainWithUnderscore,
};

const fieldRules: Record<string, (field: string, text: string) => unknown> = {
  fullyQualifiedDomainName: addresses.validateFullyQualifiedDomainName,
  fullyQualifiedName: addresses.validateFullyQualifiedName,
  domainPrefixedPath: addresses.validateDomainPrefixedPath,
  ip: addresses.validateIp,
  cidr: addresses.validateCidr,
};

const metadataRules: Record<string, names.NameRule> = {
  dnsSubdomain: names.nameIsSubdomain,
  dnsLabel: names.nameIsLabel,
  dns1035Label: names.nameIsDns1035Label,
};

function decodeStrict(text: string): object {
  const json = /^\s*[{["]/.test(text) || text === "null";
  const read = json ? readJsonText(text) : undefined;
  const [document] = read === undefined ? readYamlDocuments(text) : [];
  const value = read?.value ?? document?.value ?? null;
  if (!isJsonObject(value)) throw new Error("couldn't get version/kind; json parse error");
  const { apiVersion, kind } = value;
  if (typeof kind !== "string" || kind === "") throw new Error(`Object 'Kind' is missing in '${text}'`);
  if (typeof apiVersion !== "string" || apiVersion === "")
    throw new Error(`Object 'apiVersion' is missing in '${text}'`);
  if (apiVersion.split("/").length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  const gvk = gvkOf({ apiVersion, kind });
  const type = builtinTypeOf(gvk);
  if (type === undefined) throw new Error(`no kind "${kind}" is registered for version "${apiVersion}"`);
  const { object, strictErrors, error } = decodeTyped(value, type, read ?? {});
  if (error !== undefined) throw new Error(error);
  const line = (offset: number): number => text.slice(0, offset).split("\n").length;
  const duplicates = (document?.duplicates ?? []).map(
    ({ key, offset }) => `  line ${line(offset)}: key "${key}" already set in map`,
  );
  const yamlErrors = duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${duplicates.join("\n")}`];
  return { gvk: `${gvk.group}/${gvk.version}/${gvk.kind}`, object, strictErrors: [...yamlErrors, ...strictErrors] };
}

const answers: Record<string, Answer> = {
  ...valueAnswers,
  "decode/strict": ({ text }) => decodeStrict(text),
  "quantity/parse": ({ text }) => {
    const quantity = quantities.parseQuantity(text);
    const value = quantities.quantityValue(quantity);
    const milli = quantities.quantityMillis(quantity);
    const sign = quantity.unscaled > 0n ? 1 : quantity.unscaled < 0n ? -1 : 0;
    return {
      canonical: quantities.formatQuantity(quantity),
      cmpZero: sign,
      format: quantity.format,
      isInt64: quantity.isInt64,
      isZero: sign === 0,
      sign,
      ...(within64(value) && { value: String(value) }),
      ...(within64(milli) && { milli: String(milli) }),
    };
  },
  "quantity/arith": ({ a, b }) => {
    const x = quantities.parseQuantity(a);
    const y = quantities.parseQuantity(b);
    const add = quantities.addQuantities(x, y);
    const sub = quantities.subtractQuantities(x, y);
    const cmp = quantities.compareQuantities(x, y);
    return {
      add: quantities.formatQuantity(add),
      addFormat: add.format,
      cmp,
      equal: cmp === 0,
      neg: quantities.formatQuantity(quantities.negateQuantity(x)),
      sub: quantities.formatQuantity(sub),
      subFormat: sub.format,
    };
  },
  "quantity/scaled": ({ text, scale }) => {
    const quantity = quantities.parseQuantity(text);
    const rounded = quantities.roundUpQuantity(quantity, scale);
    return {
      exact: rounded.exact,
      roundUp: quantities.formatQuantity(rounded.quantity),
      scaledValue: String(quantities.scaledQuantity(quantity, scale)),
    };
  },
  "quantity/new": ({ value, format, scale }) => ({
    text: quantities.formatQuantity(quantities.quantityOf(BigInt(value), { format, scale })),
  }),
  "quantity/json": ({ json }) => {
    const bare = json.startsWith('"') ? (JSON.parse(json) as string) : json;
    return {
      json: JSON.stringify(json === "null" ? "0" : quantities.formatQuantity(quantities.parseQuantity(bare.trim()))),
    };
  },
  "labels/parse": ({ text }) => {
    const selector = labels.parseLabelSelector(text);
    return {
      canonical: labels.formatLabelSelector(selector),
      empty: selector.requirements.length === 0,
      requirements: selector.requirements,
      selectable: true,
    };
  },
  "labels/match": (input) => ({
    matches: labels.matchesLabels(labels.parseLabelSelector(input.selector as string), input.labels),
  }),
  "labels/toMap": ({ text }) => ({ labels: labels.labelsOfSelector(text) }),
  "labelselector/convert": ({ selector }) => {
    const found = labels.labelSelectorOf(selector as labels.MetaLabelSelector);
    const canonical = labels.formatLabelSelector(found);
    return {
      canonical,
      empty: found.requirements.length === 0 && !found.nothing,
      formatted: canonical === "" ? "<none>" : canonical,
      matchesNothing: found.nothing,
    };
  },
  "labelselector/match": (input) => ({
    matches: labels.matchesLabels(labels.labelSelectorOf(input.selector as labels.MetaLabelSelector), input.labels),
  }),
  "labelselector/validate": ({ selector }) => ({
    errors: labels.validateLabelSelector(selector as labels.MetaLabelSelector, "spec.selector"),
  }),
  "fields/parse": ({ text }) => {
    const selector = fields.parseFieldSelector(text);
    return {
      canonical: fields.formatFieldSelector(selector),
      empty: selector.requirements.length === 0,
      requirements: selector.requirements,
    };
  },
  "fields/match": (input) => ({
    matches: fields.matchesFields(fields.parseFieldSelector(input.selector as string), input.fields),
  }),
  "names/validate": ({ rule, text }) => ({ messages: nameRules[rule]!(text) }),
  "names/validateField": ({ rule, field, text }) => ({ errors: fieldRules[rule]!(field, text) }),
  "names/generate": ({ generateName }) => {
    const name = names.generateName(generateName, Math.random);
    return {
      length: name.length,
      prefix: name.slice(0, -5),
      suffixAlphabet: "bcdfghjklmnpqrstvwxz2456789",
      suffixLength: 5,
    };
  },
  "metadata/validate": ({ metadata, namespaced, nameRule }) => ({
    errors: validateMetadata(metadata, { namespaced, nameRule: metadataRules[nameRule]! }),
  }),
  "metadata/validateUpdate": (input) => ({ errors: validateMetadataUpdate(input.new, input.old) }),
  "yaml/toJSON": ({ yaml }) => ({ json: JSON.stringify(readYaml(yaml)) }),
  "patch/json": ({ original, patch }) => ({ object: patchJson(original, patch) }),
  "patch/merge": ({ original, patch }) => ({ object: patchMerge(original, patch) }),
  "patch/mergeCreate": ({ original, modified }) => ({ patch: diffMerge(original, modified) }),
  "patch/strategic": ({ kind, original, patch }) => ({ object: patchStrategic(original, patch, typeOf(kind)) }),
  "patch/strategicCreate": ({ kind, original, modified }) => {
    const patch = diffStrategic(original, modified, typeOf(kind));
    return { patch, object: patchStrategic(original, patch, typeOf(kind)) };
  },
  "apply/strategic": ({ kind, lastApplied, modified, current, overwrite }) => {
    const type = typeOf(kind);
    const patch = threeWayStrategic({ lastApplied, modified, current }, { type, overwrite });
    return { patch, object: patchStrategic(current, patch, type) };
  },
  "apply/merge": ({ lastApplied, modified, current }) => {
    const patch: JsonObject = threeWayMerge({ lastApplied, modified, current });
    return { patch, object: patchMerge(current, patch) };
  },
};

export function answer({ kind, input }: Case): { result: unknown } {
  const known = answers[kind];
  if (known === undefined) throw new Error(`no answer for cases of kind ${kind}`);
  return { result: known(input) };
}
