/** Fields of an Application that no Application has: a server would drop them without a word. */
import { type Diagnostic, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { applicationSpec } from "../definition/crds.ts";
import { type Path, fault } from "./fault.ts";
import { renameFix, suggested } from "./fixes.ts";

const top: JsonObject = {
  type: "object",
  properties: { apiVersion: {}, kind: {}, metadata: {}, spec: applicationSpec, status: {} },
};
const maxDepth = 20;

export function fieldFaults(application: KubeObject): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  look(application as unknown as JsonValue, top, []);
  return found;

  function look(value: JsonValue | undefined, schema: JsonValue | undefined, path: Path): void {
    if (!isJsonObject(schema) || path.length > maxDepth) return;
    if (Array.isArray(value)) {
      for (const [index, item] of (value as readonly JsonValue[]).entries()) look(item, schema.items, [...path, index]);
      return;
    }
    const { properties } = schema;
    if (!isJsonObject(value) || !isJsonObject(properties)) return;
    const names = Object.keys(properties);
    for (const [name, member] of Object.entries(value)) {
      if (Object.hasOwn(properties, name)) look(member, properties[name], [...path, name]);
      else found.push(undeclared([...path, name], names, value));
    }
  }
}

function undeclared(path: Path, names: readonly string[], given: JsonObject): Diagnostic {
  const name = String(path.at(-1));
  const message = `${ownerName(path)} has no field ${JSON.stringify(name)}${suggested(name, names)}`;
  return {
    ...fault("field-undeclared", message, path, `it has ${names.join(", ")}`),
    ...renameFix(path, names, given),
  };
}

const owners: Readonly<Record<string, string>> = {
  components: "a component",
  traits: "a trait",
  policies: "a policy",
  steps: "a workflow step",
  subSteps: "a workflow step",
  inputs: "an input",
  outputs: "an output",
  workflow: "the workflow",
  spec: "the spec of an Application",
};

const ownerName = (path: Path): string =>
  owners[String(path.slice(0, -1).findLast((part) => typeof part === "string") ?? "")] ?? "an Application";
