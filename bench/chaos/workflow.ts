/**
 * `npm run chaos:workflow -- --rounds 200 [--seed N]`: twelve runs of workflows in virtual time; their controllers die at each
 * call of the API server and at each effect outside, before it or after it was done and nobody heard the answer, and again in
 * later lives. Statuses, variables and objects end as those of an undisturbed life; what left for the outside left under the
 * same keys, and twice only where a life ended between the effect and its record.
 */
import { type JsonObject, type JsonValue, canonicalJson, createRandom, errorMessage, silentLog } from "@lateen/base";
import { createCache, createClient } from "@lateen/client";
import { startControllers } from "@lateen/controller";
import { builtinDefinitions, oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, type Transport, valueAt } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import {
  type RunPorts,
  createRunControllers,
  createStepProviders,
  resumeWorkflowRun,
  terminateWorkflowRun,
} from "@lateen/runs";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { setMaxListeners } from "node:events";

const signal = new AbortController().signal;
const configMap = (name: string, data: string): string =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, namespace: default}, data: ${data}}`;
const apply = (name: string, data = "{a: b}", more = ""): string =>
  `{name: ${name}, type: apply-object, properties: {value: ${configMap(name, data)}}${more}}`;
const post = (name: string, path: string, more = ""): string =>
  `{name: ${name}, type: request, properties: {url: "http://outside/${path}", method: POST, body: {from: ${name}}}${more}}`;
const tell = (name: string, path: string, more = ""): string =>
  `{name: ${name}, type: webhook, properties: {url: {value: "http://outside/${path}"}, data: {who: ${name}}}${more}}`;

/** The steps of each run, named for what it tries. */
const runs: Readonly<Record<string, string>> = {
  chain: `[${post("ask", "chain", ", outputs: [{name: id, valueFrom: response.id}]")}, {name: say, type: print-message-in-status, properties: {}, inputs: [{from: id, parameterKey: message}]}]`,
  objects: `[${apply("objects-a")}, ${apply("objects-b")}, {name: read, type: read-object, properties: {apiVersion: v1, kind: ConfigMap, name: objects-a}}]`,
  groups: `[{name: both, type: step-group, subSteps: [${tell("left", "groups-left")}, ${tell("right", "groups-right")}]}, ${apply("groups-after")}]`,
  pausing: `[${tell("before", "pausing-before")}, {name: pause, type: suspend, properties: {duration: 30s}}, ${tell("after", "pausing-after")}]`,
  approved: `[{name: approve, type: suspend}, ${post("go", "approved")}]`,
  stopped: `[${tell("begin", "stopped")}, {name: approve, type: suspend}, ${tell("never", "stopped-never")}]`,
  refused: `[${post("ask", "refused")}, ${apply("refused-cleanup", "{a: b}", ", if: always")}]`,
  late: `[{name: wait, type: wait-for, timeout: 20s, properties: {name: never-there}}, ${tell("tell", "late", ', if: "status.wait.timeout"')}]`,
  patient: `[{name: wait, type: wait-for, properties: {name: objects-b}}, ${apply("patient-after")}]`,
  mailing: `[{name: mail, type: notification, properties: {email: {from: {address: a@example.org, host: mail, password: {value: secret}}, to: [b@example.org], content: {subject: hello, body: text}}}}, ${apply("mailing-after")}]`,
  looping: `[{name: loop, type: send-all, properties: {paths: [loop-1, loop-2, loop-3]}}]`,
  keeping: `[{name: keep, type: export2config, properties: {configName: kept, data: {a: "1"}}}, {name: secret, type: export2secret, properties: {secretName: kept, data: {b: "2"}}}]`,
};
const graphs = new Set(["objects"]);

const ownSteps: Readonly<Record<string, string>> = {
  "wait-for": `import ("vela/kube", "vela/builtin")

read: kube.#Read & {$params: value: {apiVersion: "v1", kind: "ConfigMap", metadata: {name: parameter.name, namespace: context.namespace}}}
wait: builtin.#ConditionalWait & {$params: {continue: read.$returns.value.data != _|_, message: "waiting for \\(parameter.name)"}}
parameter: name: string
`,
  "send-all": `import "vela/op"

sends: op.#Steps & {
	for path in parameter.paths {
		"\\(path)": op.#HTTPPost & {url: "http://outside/\\(path)", request: body: path}
	}
}
parameter: paths: [...string]
`,
};

/** One life of the controllers: at its `dies`th point it is dead, and what it does from then on reaches nobody. */
class Life {
  points = 0;
  dead = false;
  /** What the life was about to do, or had done, when it died. */
  cause = "";
  readonly #dies: number;

  constructor(dies: number) {
    this.#dies = dies;
  }

  /** A point at which the process may die. */
  async at(what: string): Promise<void> {
    if (!this.dead && this.points++ === this.#dies) {
      this.dead = true;
      this.cause = what;
    }
    if (this.dead) throw new Error("this process is dead");
  }

  /** @returns what `effect` gave, unless the life ends before or after it. */
  async around<T>(what: string, effect: () => Promise<T>): Promise<T> {
    await this.at(`before ${what}`);
    const result = await effect();
    await this.at(`after ${what}`);
    return result;
  }
}

interface Outside {
  /** By address: the keys under which something arrived, in the order of arrival. */
  readonly arrived: Map<string, string[]>;
}

function portsOf(life: Life, { arrived }: Outside): RunPorts {
  const arrive = (address: string, key: string): number => {
    const keys = arrived.get(address) ?? [];
    arrived.set(address, [...keys, key]);
    return new Set([...keys, key]).size;
  };
  return {
    fetch: (url, init) =>
      life.around(`${init.method} ${url}`, async () => {
        const key = (init.headers as Record<string, string>)["Idempotency-Key"] ?? "none";
        // The other side keeps to the key: the same request gets the same answer.
        const id = arrive(url, key);
        return url.endsWith("/refused")
          ? new Response("{}", { status: 503 })
          : new Response(JSON.stringify({ id: `id-${id}` }));
      }),
    sendMail: (mail) => life.around("mail", async () => void arrive(`mailto:${mail.to.join()}`, mail.messageId)),
  };
}

function mortal(transport: Transport, life: Life): Transport {
  return async (request) => {
    if (request.method === "GET" && request.path.includes("watch=")) return transport(request);
    if (request.path.includes("/events")) return transport(request);
    return life.around(`${request.method} ${request.path}`, () => transport(request));
  };
}

/** Begins a life of the controllers; the returned function ends it. */
function begin(cluster: TestCluster, life: Life, outside: Outside): () => Promise<void> {
  const client = createClient({ transport: mortal(cluster.transport, life), kinds: builtinKinds() });
  const cache = createCache({
    client: createClient({ transport: cluster.transport, kinds: builtinKinds() }),
    clock: cluster.clock,
    log: silentLog,
  });
  const environment = { client, cache, clock: cluster.clock, log: silentLog };
  const running = startControllers({
    ...environment,
    controllers: createRunControllers(environment, createStepProviders(environment, portsOf(life, outside))),
  });
  cluster.watchIdle(() => life.dead || running.idle);
  return async () => {
    life.dead = true;
    await running[Symbol.asyncDispose]();
    await running.wait().catch(() => undefined);
    await cache[Symbol.asyncDispose]();
  };
}

interface Outcome {
  readonly state: readonly string[];
  readonly arrived: ReadonlyMap<string, readonly string[]>;
  readonly points: number;
  readonly deaths: readonly string[];
}

/** @param deaths at which point each life dies; the last life does not. */
async function play(deaths: readonly number[]): Promise<Outcome> {
  await using cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  const { client } = cluster;
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "vela-system" } } as KubeObject);
  for (const definition of builtinDefinitions())
    if (definition.kind === "WorkflowStepDefinition") await client.create(definition);
  for (const [name, template] of Object.entries(ownSteps))
    await client.create({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "WorkflowStepDefinition",
      metadata: { name, namespace: "default" },
      spec: { schematic: { cue: { template } } },
    } as unknown as KubeObject);

  const outside: Outside = { arrived: new Map() };
  const causes: string[] = [];
  const left = [...deaths];
  let points = 0;
  let life = new Life(left.shift() ?? Number.POSITIVE_INFINITY);
  let end = begin(cluster, life, outside);
  /** Until nothing changes, through as many lives as it takes. */
  const settle = async (withinMs: number): Promise<void> => {
    for (;;) {
      await cluster.settled({ withinMs });
      if (!life.dead) return;
      causes.push(life.cause);
      points += life.points;
      await end();
      life = new Life(left.shift() ?? Number.POSITIVE_INFINITY);
      end = begin(cluster, life, outside);
    }
  };

  for (const [name, steps] of Object.entries(runs))
    await cluster.apply(
      `{apiVersion: core.oam.dev/v1alpha1, kind: WorkflowRun, metadata: {name: ${name}, namespace: default}, spec: {${graphs.has(name) ? "mode: {steps: DAG}, " : ""}workflowSpec: {steps: ${steps}}}}`,
    );
  await settle(5_000);
  const target = { namespace: "default", signal };
  await resumeWorkflowRun(client, { ...target, name: "approved" });
  await terminateWorkflowRun(client, { ...target, name: "stopped" });
  await settle(5_000);
  for (let minute = 0; minute < 4; minute++) await settle(60_000);
  const state = await stateOf(client);
  points += life.points;
  await end();
  return { state, arrived: outside.arrived, points, deaths: causes };
}

/**
 * Operations keep some values under their step's made-up id, and times of the lives' own clock. A life that dies in a step's
 * first visit takes the id along; one that dies after the last status leaves records of calls that nobody asks for again.
 */
function withoutIds(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([key, value]) => !(key.includes(".call.") && JSON.stringify(value).includes("closed")))
      .map(([key, value]) => [
        key.replace(/^[a-z0-9]{10}\./, "ID."),
        typeof value === "string" ? value.replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME") : value,
      ]),
  );
}

/** The cluster as texts, without times and made-up names. */
async function stateOf(client: TestCluster["client"]): Promise<readonly string[]> {
  const found: string[] = [];
  const runs = await client.list({ apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" });
  for (const { metadata, status } of runs.items) {
    const { status: phase, message = "", finished, steps } = status as JsonObject;
    found.push(`run ${metadata.name}: ${phase as string} ${finished as boolean} ${message as string}`);
    const stepLines = (list: JsonValue | undefined, prefix: string): void => {
      for (const step of (list ?? []) as readonly JsonObject[]) {
        const { name, reason = "", message: said = "" } = step;
        found.push(
          `step ${metadata.name}/${prefix}${name as string}: ${step.phase as string} ${reason as string} ${said as string}`,
        );
        stepLines(step.subSteps, `${name as string}/`);
      }
    };
    stepLines(steps, "");
  }
  for (const kind of ["ConfigMap", "Secret"])
    for (const object of (await client.list({ apiVersion: "v1", kind, namespace: "default" })).items) {
      const { name = "" } = object.metadata;
      if (name === "kube-root-ca.crt" || name.endsWith("-journal")) continue;
      const data = (valueAt(object, "data") ?? {}) as JsonObject;
      found.push(`${kind} ${name} ${canonicalJson(withoutIds(data))}`);
    }
  return found.toSorted();
}

function differences(expected: Outcome, actual: Outcome): readonly string[] {
  const found = [
    ...expected.state.filter((one) => !actual.state.includes(one)).map((one) => `missing: ${one}`),
    ...actual.state.filter((one) => !expected.state.includes(one)).map((one) => `extra:   ${one}`),
  ];
  for (const address of new Set([...expected.arrived.keys(), ...actual.arrived.keys()])) {
    const meant = expected.arrived.get(address) ?? [];
    const keys = actual.arrived.get(address) ?? [];
    if (new Set(keys).size !== new Set(meant).size)
      found.push(`${address}: ${new Set(keys).size} keys instead of ${new Set(meant).size}`);
    if (keys.length > meant.length + actual.deaths.length)
      found.push(`${address}: arrived ${keys.length} times after ${actual.deaths.length} deaths`);
  }
  return found;
}

/** Requests of one process share signals. */
setMaxListeners(200);

export async function runWorkflowChaos(args: readonly string[]): Promise<number> {
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const rounds = Number(option("--rounds") ?? 20);
  const random = createRandom(Number(option("--seed") ?? 1));
  const expected = await play([]);
  console.log(
    `undisturbed: ${expected.state.length} facts of ${Object.keys(runs).length} runs, ${expected.points} points to die at; ${rounds} rounds`,
  );
  if (args.includes("--show")) for (const line of expected.state) console.log(`  ${line}`);
  let failed = 0;
  let again = 0;
  for (let round = 0; round < rounds; round++) {
    // The first death goes through all points evenly; half of the lives that follow die too.
    const deaths = [Math.floor((round * expected.points) / rounds)];
    while (random() < 0.5 && deaths.length < 5) deaths.push(Math.floor(random() * expected.points * 0.5));
    const begun = Date.now();
    let found: readonly string[];
    let said = "";
    try {
      const actual = await play(deaths);
      found = differences(expected, actual);
      for (const keys of actual.arrived.values()) again += keys.length - new Set(keys).size;
      said = actual.deaths.join("; ");
    } catch (error) {
      found = [errorMessage(error)];
    }
    if (found.length > 0) failed++;
    console.log(
      `round ${round + 1}: died ${said}: ${found.length === 0 ? "equal" : "DIFFERENT"} (${Date.now() - begun} ms)`,
    );
    for (const one of found.slice(0, 8)) console.log(`  ${one.slice(0, 300)}`);
  }
  console.log(`${again} effects arrived a second time, under the key of the first`);
  console.log(`${rounds - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
