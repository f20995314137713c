/** Arbitrary Applications from a seed: what people combine, and what they get wrong. */
import type { JsonObject, JsonValue, Random } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
const chance = (random: Random, part: number): boolean => random() < part;
const count = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

const traits: readonly ((random: Random) => JsonObject)[] = [
  (random) => ({ type: "scaler", properties: { replicas: count(random, 0, 3) } }),
  (random) => ({ type: "labels", properties: { team: pick(random, ["red", "blue"]) } }),
  (random) => ({ type: "annotations", properties: { note: pick(random, ["a", "b"]) } }),
  (random) => ({ type: "env", properties: { env: { MODE: pick(random, ["fast", "safe"]) } } }),
  (random) => ({ type: "sidecar", properties: { name: "side", image: `side:${count(random, 1, 3)}` } }),
  () => ({ type: "gateway", properties: { domain: "a.example.org", http: { "/": 80 } } }),
  (random) => ({ type: "expose", properties: { port: [pick(random, [80, 8080])], type: "ClusterIP" } }),
  (random) => ({ type: "resource", properties: { cpu: pick(random, [0.1, 0.5]), memory: "64Mi" } }),
  (random) => ({
    type: "storage",
    properties: {
      configMap: [
        { name: `conf-${count(random, 1, 2)}`, mountPath: "/etc/conf", data: { a: pick(random, ["1", "2"]) } },
      ],
    },
  }),
  (random) => ({ type: "cpuscaler", properties: { min: 1, max: count(random, 2, 5), cpuUtil: 50 } }),
  (random) => ({ type: "command", properties: { args: [pick(random, ["serve", "work"])] } }),
];

function componentOf(random: Random, name: string): JsonObject {
  const type = pick(random, [
    "webservice",
    "webservice",
    "webservice",
    "worker",
    "statefulset",
    "daemon",
    "task",
    "k8s-objects",
    "raw",
    "cron-task",
  ]);
  const image = `shop:${count(random, 1, 4)}`;
  const map = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `${name}-map` },
    data: { v: String(count(random, 1, 3)) },
  };
  switch (type) {
    case "k8s-objects": {
      const secret = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `${name}-secret` },
        stringData: { key: image },
      };
      return { name, type, properties: { objects: [map, ...(chance(random, 0.4) ? [secret] : [])] } };
    }
    case "raw":
      return { name, type, properties: map };
    case "task":
      return { name, type, properties: { image, cmd: ["sh", "-c", "true"], count: count(random, 1, 2) } };
    case "cron-task":
      return { name, type, properties: { image, schedule: "0 3 1 1 *" } };
    case "webservice":
      return {
        name,
        type,
        properties: { image, ...(chance(random, 0.6) ? { ports: [{ port: 80, expose: chance(random, 0.7) }] } : {}) },
        traits: traitsOf(random),
      };
    default:
      return {
        name,
        type,
        properties: { image },
        ...(type === "worker"
          ? { traits: traitsOf(random).filter(({ type: trait }) => trait !== "gateway" && trait !== "cpuscaler") }
          : {}),
      };
  }
}

function traitsOf(random: Random): readonly JsonObject[] {
  const chosen = new Map<string, JsonObject>();
  for (let i = count(random, 0, 3); i > 0; i--) {
    const trait = pick(random, traits)(random);
    chosen.set(String(trait.type as string), trait);
  }
  return [...chosen.values()];
}

function policiesOf(
  random: Random,
  { components, namespace }: { components: readonly string[]; namespace: string },
): JsonObject[] {
  const policies: JsonObject[] = [];
  if (chance(random, 0.25))
    policies.push({
      name: "there",
      type: "topology",
      properties: { clusters: ["local"], namespace: `${namespace}-b` },
    });
  if (chance(random, 0.25))
    policies.push({
      name: "more",
      type: "override",
      properties: { components: [{ name: pick(random, components), properties: { image: "shop:9" } }] },
    });
  if (chance(random, 0.2))
    policies.push({ name: "keep", type: "garbage-collect", properties: { keepLegacyResource: chance(random, 0.5) } });
  if (chance(random, 0.15)) policies.push({ name: "once", type: "apply-once", properties: { enable: true } });
  return policies;
}

function workflowOf(random: Random, components: readonly string[]): JsonObject | undefined {
  if (chance(random, 0.5)) return undefined;
  const apply = components.map(
    (component): JsonObject => ({ name: `go-${component}`, type: "apply-component", properties: { component } }),
  );
  const note: JsonObject = {
    name: "note",
    type: "apply-object",
    properties: {
      value: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "note" },
        data: { v: String(count(random, 1, 3)) },
      },
    },
  };
  const wait: JsonObject = { name: "hold", type: "suspend" };
  const skipped: JsonObject = {
    name: "never",
    type: "print-message-in-status",
    if: "false",
    properties: { message: "x" },
  };
  const steps: JsonValue[] = chance(random, 0.3)
    ? [{ name: "all", type: "step-group", subSteps: apply }]
    : [...(chance(random, 0.4) ? [note] : []), ...apply];
  if (chance(random, 0.3)) steps.splice(count(random, 0, steps.length), 0, wait);
  if (chance(random, 0.2)) steps.push(skipped);
  return { ...(chance(random, 0.2) ? { mode: { steps: "DAG" } } : {}), steps };
}

/** What is wrong with some: the server refuses it, in the preview too. */
function spoiled(random: Random, component: JsonObject): JsonObject {
  return pick<JsonObject>(random, [
    { ...component, type: "no-such-type" },
    { ...component, properties: { ...(component.properties as JsonObject), unknownField: 1 } },
    { ...component, traits: [{ type: "scaler", properties: { replicas: "many" } }] },
  ]);
}

export interface GenerateOptions {
  readonly name: string;
  readonly namespace: string;
  /** Part of them that the server must refuse. */
  readonly wrong?: number;
}

/** Namespaces `NAMESPACE` and `NAMESPACE-b` are where it goes. */
export function generateApplication(random: Random, { name, namespace, wrong = 0.06 }: GenerateOptions): KubeObject {
  const names = ["a", "b", "c"].slice(0, count(random, 1, 3)).map((letter) => `${name}-${letter}`);
  const components = names.map((one) => componentOf(random, one));
  if (names.length > 1 && chance(random, 0.25)) components[1] = { ...components[1]!, dependsOn: [names[0]!] };
  if (chance(random, wrong)) components[0] = spoiled(random, components[0]!);
  const policies = policiesOf(random, { components: names, namespace });
  const workflow = workflowOf(random, names);
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name, namespace },
    spec: { components, ...(policies.length > 0 ? { policies } : {}), ...(workflow === undefined ? {} : { workflow }) },
  } as unknown as KubeObject;
}
