/**
 * `npm run chaos:delivery -- --rounds 200 [--seed N]`: twelve applications delivered in process and in virtual time, each
 * round disturbed: upgrades and definitions changed while delivering, objects deleted, calls that fail with 1 % and 10 %
 * before or after they were done, two controllers, clock jumps. The end equals that of an undisturbed delivery, nothing is
 * orphaned, nothing foreign is touched.
 */
import { type JsonObject, type JsonValue, canonicalJson, createRandom, errorMessage, isJsonObject } from "@lateen/base";
import { setMaxListeners } from "node:events";
import { createClient } from "@lateen/client";
import { type KubeObject, type Transport, valueAt } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { type DeliveryFixture, startDelivery } from "../../packages/delivery/src/testing/delivery-fixture.ts";

const oam = "core.oam.dev/v1beta1";
const web = (name: string, image: string, more = ""): string =>
  `{name: ${name}, type: webservice, properties: {image: "${image}", ports: [{port: 80, expose: true}]}${more}}`;

/** Twelve applications of a version; each is named for what it tries. */
function applicationsOf(version: number): readonly string[] {
  const image = `shop:${version}`;
  const app = (name: string, spec: string): string =>
    `apiVersion: ${oam}\nkind: Application\nmetadata: {name: ${name}, namespace: default}\nspec:\n${spec}`;
  const scaler = (replicas: number): string => `, traits: [{type: scaler, properties: {replicas: ${replicas}}}]`;
  return [
    app("plain", `  components: [${web("plain", image, scaler(version))}]`),
    app("pair", `  components: [${web("pair-a", image, scaler(1))}, ${web("pair-b", image, scaler(2))}]`),
    app(
      "shrinking",
      `  components: [${[web("sh-a", image, scaler(1)), ...(version === 1 ? [web("sh-b", image, scaler(1))] : [])].join(", ")}]`,
    ),
    app(
      "growing",
      `  components: [${[web("gr-a", image, scaler(1)), ...(version === 2 ? [web("gr-b", image, scaler(1))] : [])].join(", ")}]`,
    ),
    app(
      "ordered",
      `  components: [${web("or-a", image, scaler(1))}, ${web("or-b", image, `, dependsOn: [or-a]${scaler(1)}`)}]`,
    ),
    app(
      "objects",
      `  components: [{name: objects, type: k8s-objects, properties: {objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: objects-${version}}, data: {v: "${version}"}}]}}]`,
    ),
    app(
      "gate",
      `  components: [{name: gate, type: webservice, properties: {image: "${image}"}, traits: [{type: scaler, properties: {replicas: 1}}, {type: gateway, properties: {domain: a.example.org, http: {"/": 80}}}]}]`,
    ),
    app(
      "placed",
      `  components: [${web("placed", image, scaler(1))}]\n  policies: [{name: prod, type: topology, properties: {namespace: prod}}]`,
    ),
    app(
      "twice",
      `  components: [${web("twice", image, scaler(1))}]\n  policies: [{name: here, type: topology, properties: {namespace: default}}, {name: prod, type: topology, properties: {namespace: prod}}]`,
    ),
    app(
      "overridden",
      `  components: [${web("over", image, scaler(1))}]\n  policies: [{name: more, type: override, properties: {components: [{name: over, traits: [{type: scaler, properties: {replicas: ${version + 2}}}]}]}}]`,
    ),
    app(
      "stepped",
      `  components: [${web("stepped", image, scaler(1))}]\n  workflow: {steps: [{name: note, type: apply-object, properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: note, namespace: default}, data: {v: "${version}"}}}}, {name: go, type: apply-component, properties: {component: stepped}}]}`,
    ),
    app("own", `  components: [{name: own, type: own, properties: {size: ${version}}}]`),
  ];
}

const definition = (mark: string): string => `apiVersion: ${oam}
kind: ComponentDefinition
metadata: {name: own, namespace: default}
spec:
  workload: {definition: {apiVersion: v1, kind: ConfigMap}}
  schematic:
    cue:
      template: |
        output: {apiVersion: "v1", kind: "ConfigMap", data: {size: "\\(parameter.size)", mark: "${mark}"}}
        parameter: size: int
`;

const kinds = [
  ["apps/v1", "Deployment"],
  ["v1", "Service"],
  ["v1", "ConfigMap"],
  ["networking.k8s.io/v1", "Ingress"],
] as const;

const inherited = new Set(["app.oam.dev/appRevision", "app.oam.dev/app-revision-hash", "oam.dev/render-hash"]);

/** The cluster as texts: what was delivered, and the phases. */
async function stateOf({ client }: DeliveryFixture): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [apiVersion, kind] of kinds) {
    for (const object of (await client.list({ apiVersion, kind })).items) {
      const { name = "", namespace = "", labels = {} } = object.metadata;
      if (/^(?:workflow-|kube-root|lateen-)/.test(name) || namespace === "vela-system" || namespace.startsWith("kube-"))
        continue;
      const own = Object.entries(labels).filter(([key]) => !inherited.has(key));
      const { clusterIP: _, clusterIPs: __, ...spec } = isJsonObject(object.spec) ? object.spec : {};
      const body = { spec, data: (object.data as JsonValue | undefined) ?? null, labels: Object.fromEntries(own) };
      found.push(`${kind} ${namespace}/${name} ${canonicalJson(body as JsonObject)}`);
    }
  }
  for (const { metadata, status } of (await client.list({ apiVersion: oam, kind: "Application" })).items)
    found.push(`Application ${metadata.name} ${String(valueAt(status, "status") as string)}`);
  for (const tracker of (await client.list({ apiVersion: oam, kind: "ResourceTracker" })).items)
    for (const one of (valueAt(tracker, "spec", "managedResources") ?? []) as readonly {
      kind: string;
      namespace: string;
      name: string;
    }[])
      found.push(`tracked ${tracker.metadata.labels?.["app.oam.dev/name"]} ${one.kind} ${one.namespace}/${one.name}`);
  return [...new Set(found)].toSorted();
}

type Random = () => number;

interface Trouble {
  /** Part of the calls that fail. */
  rate: number;
}

function failing(transport: Transport, random: Random, trouble: Trouble): Transport {
  return async (request) => {
    if (random() >= trouble.rate) return transport(request);
    // Half of them were done: only the answer is lost.
    if (random() < 0.5 && request.method !== "GET") await transport(request);
    throw new Error("the connection broke");
  };
}

async function deliver(
  random: Random | undefined,
): Promise<{ readonly state: readonly string[]; readonly said: string }> {
  const trouble: Trouble = { rate: 0 };
  const controllers = random !== undefined && random() < 0.2 ? 2 : 1;
  await using fixture = await startDelivery({
    namespaces: ["prod"],
    controllers,
    ...(random !== undefined && {
      environment: (cluster) => ({
        ...cluster,
        client: createClient({ transport: failing(cluster.transport, random, trouble), kinds: builtinKinds() }),
      }),
    }),
  });
  const { client, apply, run, settle } = fixture;
  const foreign = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "default", name: "foreign" },
    data: { whose: "theirs" },
  };
  await client.create(foreign as unknown as KubeObject);
  await apply(definition("a"));
  for (const text of applicationsOf(1)) await apply(text);
  const said: string[] = [`${controllers} controllers`];
  if (random === undefined) await run();
  else {
    trouble.rate = [0, 0.01, 0.1][Math.floor(random() * 3)]!;
    said.push(`${trouble.rate * 100} % fail`);
    const pause = (): Promise<void> => settle({ withinMs: Math.floor(random() * 3_000) }).catch(() => undefined);
    for (let i = 0; i < 4; i++) {
      await pause();
      const what = Math.floor(random() * 5);
      said.push(["upgrade", "definition", "delete", "clock", "back"][what]!);
      if (what === 0) for (const text of applicationsOf(2)) await apply(text);
      if (what === 1) await apply(definition("b"));
      if (what === 2)
        for (const { metadata } of (await client.list({ apiVersion: "apps/v1", kind: "Deployment" })).items.slice(0, 4))
          await client.delete({
            apiVersion: "apps/v1",
            kind: "Deployment",
            namespace: metadata.namespace!,
            name: metadata.name!,
          });
      if (what === 3) await settle({ withinMs: 120_000 }).catch(() => undefined);
      if (what === 4) for (const text of applicationsOf(1)) await apply(text);
    }
    trouble.rate = 0;
  }
  await apply(definition("b"));
  // A version that no disturbance has delivered: what runs is pinned to the definitions of its revision.
  for (const text of applicationsOf(3)) await apply(text);
  await settle({ withinMs: 60_000 });
  await run();
  await settle({ withinMs: 60_000 });
  await run();
  return { state: await stateOf(fixture), said: said.join(", ") };
}

/** Requests of one process share signals. */
setMaxListeners(200);

export async function runDeliveryChaos(args: readonly string[]): Promise<number> {
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const rounds = Number(option("--rounds") ?? 20);
  const seed = Number(option("--seed") ?? 1);
  const { state: expected } = await deliver(undefined);
  console.log(`undisturbed: ${expected.length} facts of 12 applications; ${rounds} rounds, seed ${seed}`);
  let failed = 0;
  for (let round = 1; round <= rounds; round++) {
    const begun = Date.now();
    const random = createRandom(seed * 10_007 + round);
    try {
      const { state, said } = await deliver(random);
      const missing = expected.filter((one) => !state.includes(one));
      const extra = state.filter((one) => !expected.includes(one));
      const equal = missing.length + extra.length === 0;
      if (!equal) failed++;
      console.log(`round ${round}: ${said}: ${equal ? "equal" : "DIFFERENT"} (${Date.now() - begun} ms)`);
      for (const one of missing.slice(0, 5)) console.log(`  missing: ${one.slice(0, 300)}`);
      for (const one of extra.slice(0, 5)) console.log(`  extra:   ${one.slice(0, 300)}`);
    } catch (error) {
      failed++;
      console.log(`round ${round}: ${errorMessage(error)}`);
    }
  }
  console.log(`${rounds - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
