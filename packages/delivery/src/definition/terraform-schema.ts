/** The parameters of a Terraform configuration: its variables, and what every configuration takes (kubevela-definitions.md 3.4). */
import type { JsonObject, JsonValue } from "@lateen/base";

interface Variable {
  readonly name: string;
  readonly type: string | undefined;
  readonly description: string | undefined;
  readonly default: JsonValue | undefined;
}

/** The variable blocks of an HCL text; expressions in them are not evaluated. */
function variablesOf(hcl: string): readonly Variable[] {
  return [...hcl.matchAll(/variable\s+"([^"]+)"\s*\{/g)].map((match) => {
    const body = blockAfter(hcl, match.index + match[0].length);
    const attribute = (name: string): string | undefined =>
      new RegExp(`(?:^|\\n)\\s*${name}\\s*=\\s*([^\\n]+)`).exec(body)?.[1]?.trim();
    const description = attribute("description");
    return {
      name: match[1]!,
      type: attribute("type"),
      description: description === undefined ? undefined : unquoted(description),
      default: defaultOf(attribute("default")),
    };
  });
}

function blockAfter(text: string, start: number): string {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return text.slice(start, i);
  }
  return text.slice(start);
}

const unquoted = (text: string): string => (text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text);

function defaultOf(text: string | undefined): JsonValue | undefined {
  if (text === undefined || text === "null") return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function typeOf({ type, default: value }: Variable): string {
  const word = /^"?([a-z]+)/.exec(type ?? "")?.[1] ?? "";
  if (word === "string" || word === "number") return word;
  if (word === "bool") return "boolean";
  if (["list", "tuple", "set"].includes(word)) return "array";
  if (["map", "object"].includes(word)) return "object";
  if (typeof value === "number" || typeof value === "boolean") return typeof value;
  if (Array.isArray(value)) return "array";
  return typeof value === "object" ? "object" : "string";
}

export function terraformSchema(hcl: string): JsonObject {
  const variables = variablesOf(hcl);
  const properties: Record<string, JsonValue> = {};
  for (const variable of variables) {
    properties[variable.name] = {
      title: variable.name,
      type: typeOf(variable),
      ...(variable.description === undefined ? {} : { description: variable.description }),
      ...(variable.default === undefined ? {} : { default: variable.default }),
    };
  }
  const required = variables.filter((variable) => variable.default === undefined).map(({ name }) => name);
  return {
    type: "object",
    properties: { ...properties, ...commonProperties },
    ...(required.length === 0 ? {} : { required: required.toSorted() }),
  };
}

const text = (title: string, description: string): JsonObject => ({ type: "string", title, description });

const commonProperties: JsonObject = {
  writeConnectionSecretToRef: {
    type: "object",
    title: "writeConnectionSecretToRef",
    description: "The secret which the cloud resource connection will be written to",
    properties: {
      name: text("name", "The secret name which the cloud resource connection will be written to"),
      namespace: text("namespace", "The secret namespace which the cloud resource connection will be written to"),
    },
    required: ["name"],
  },
  providerRef: {
    type: "object",
    title: "providerRef",
    description: "specifies the Provider",
    properties: {
      name: text("name", "The name of the Terraform Cloud provider"),
      namespace: { ...text("namespace", "The namespace of the Terraform Cloud provider"), default: "default" },
    },
    required: ["name"],
  },
  deleteResource: {
    type: "boolean",
    title: "deleteResource",
    description:
      "DeleteResource will determine whether provisioned cloud resources will be deleted when application is deleted",
    default: true,
  },
  region: text("region", "Region is cloud provider's region. It will override providerRef"),
};
