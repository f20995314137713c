import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listen, prepareTls, writeKubeconfig } from "@lateen/apiserver/listen/node";
import { silentLog, systemClock } from "@lateen/base";
import { createClient } from "@lateen/client";
import { createNodeTransport, portForward, readKubeconfig } from "@lateen/client/node";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { Service } from "../api/cluster.ts";
import type { Pod } from "../api/pod.ts";
import { createClusterControllers } from "../create-cluster-controllers.ts";
import { type NodeAgent, type NodeAgentOptions, serviceAddressAnnotation, startNodeAgent } from "./index.ts";

const bundledImages = [fileURLToPath(new URL("../../images", import.meta.url))];
const cleanups: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A cluster whose node runs processes; their time is the real one. */
async function startCluster(
  options: Partial<NodeAgentOptions> = {},
): Promise<TestCluster & { readonly folder: string; readonly agent: NodeAgent }> {
  const cluster = await startTestCluster({
    time: "system",
    controllers: (environment) => createClusterControllers(environment),
  });
  cleanups.push(() => cluster[Symbol.asyncDispose]());
  const folder = mkdtempSync(join(tmpdir(), "lateen-node-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const agent = await startNodeAgent(cluster, { folder, bundledImages, ...options });
  cleanups.push(() => agent[Symbol.asyncDispose]());
  return Object.assign(cluster, { agent, folder });
}

const pod = (name: string, container: string, rest = ""): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default, labels: {app: ${name}}}
spec:
  ${rest}
  terminationGracePeriodSeconds: 2
  containers: [${container}]
`;

const getPod = (cluster: TestCluster, name: string): Pod | undefined =>
  cluster.cache.get<Pod>({ apiVersion: "v1", kind: "Pod", namespace: "default", name });
const isReady = (pod: Pod | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
const waitFor = { timeout: 90_000, interval: 20 };

async function ready(cluster: TestCluster, name: string): Promise<Pod> {
  await expect.poll(() => isReady(getPod(cluster, name)), waitFor).toBe(true);
  return getPod(cluster, name)!;
}

async function logText(
  { agent }: { readonly agent: NodeAgent },
  name: string,
  options: { readonly previous?: boolean } = {},
): Promise<string> {
  const { signal } = new AbortController();
  let text = "";
  for await (const bytes of await agent.streams.logs({ namespace: "default", name, signal, ...options }))
    text += new TextDecoder().decode(bytes);
  return text;
}

const processOf = (pod: Pod): number =>
  Number(pod.status?.containerStatuses?.[0]?.containerID?.replace("process://", ""));
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === "win32")("a node that runs processes", () => {
  it("serves a bundled image at the pod's address and through its Service", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("web", "{name: c, image: oamdev/hello-world, ports: [{containerPort: 8000}]}"));
    await cluster.apply(
      "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {selector: {app: web}, ports: [{port: 8080, targetPort: 8000}]}}",
    );
    const { status } = await ready(cluster, "web");
    expect(status?.podIP).toMatch(/^127\./);
    expect(status?.reason).toBeUndefined();
    expect(await (await fetch(`http://${status?.podIP}:8000/`)).text()).toBe("Hello World from web\n");

    const service = () =>
      cluster.cache.get<Service>({ apiVersion: "v1", kind: "Service", namespace: "default", name: "web" });
    await expect.poll(() => service()?.metadata.annotations?.[serviceAddressAnnotation], waitFor).toBeDefined();
    const address = service()?.metadata.annotations?.[serviceAddressAnnotation];
    await expect.poll(async () => (await fetch(`http://${address}/`)).text(), waitFor).toBe("Hello World from web\n");
    expect(await logText(cluster, "web")).toContain("GET /\n");

    const connection = await cluster.agent.streams.connect({
      namespace: "default",
      name: "web",
      port: 8000,
      signal: new AbortController().signal,
    });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    let answer = "";
    for await (const bytes of connection.readable) answer += new TextDecoder().decode(bytes);
    expect(answer).toContain("Hello World from web");
    connection.close();
  });

  it("is reached through the API server: logs that follow, and a forwarded port", async () => {
    const cluster = await startCluster();
    cluster.server.setPodStreams(cluster.agent.streams);
    const host = "127.0.0.1";
    const tls = prepareTls({ folder: cluster.folder, host, clock: systemClock });
    const listening = await listen({ server: cluster.server, host, port: 0, tls, log: silentLog });
    cleanups.push(() => listening[Symbol.asyncDispose]());
    const kubeconfig = writeKubeconfig({ folder: cluster.folder, server: `https://${host}:${listening.port}`, tls });
    await cluster.apply(pod("web", "{name: c, image: oamdev/hello-world, ports: [{containerPort: 8000}]}"));
    await ready(cluster, "web");

    const transport = createNodeTransport(kubeconfig);
    cleanups.push(() => transport[Symbol.asyncDispose]());
    const forward = await portForward({
      access: readKubeconfig(kubeconfig),
      namespace: "default",
      pod: "web",
      remotePort: 8000,
      localPort: 0,
    });
    cleanups.push(() => forward[Symbol.asyncDispose]());
    const stop = new AbortController();
    let text = "";
    const reading = (async () => {
      for await (const bytes of createClient({ transport }).logs({
        namespace: "default",
        name: "web",
        follow: true,
        signal: stop.signal,
      }))
        text += new TextDecoder().decode(bytes);
    })().catch(() => undefined);
    await expect.poll(() => text, waitFor).toContain("listening on");

    expect(await (await fetch(`http://127.0.0.1:${forward.port}/through`)).text()).toBe("Hello World from web\n");
    await expect.poll(() => text, waitFor).toContain("GET /through");
    stop.abort();
    await reading;
  });

  it("starts a killed process again, and keeps the log of the run before", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("web", "{name: c, image: nginx, ports: [{containerPort: 8080}]}"));
    const first = await ready(cluster, "web");
    process.kill(processOf(first), "SIGKILL");
    await expect.poll(() => getPod(cluster, "web")?.status?.containerStatuses?.[0]?.restartCount, waitFor).toBe(1);
    const second = await ready(cluster, "web");
    expect(second.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 137,
      reason: "Error",
    });
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(await logText(cluster, "web", { previous: true })).toContain("listening on");
  });

  it("waits longer with each crash", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("sick", '{name: c, image: busybox, command: ["false"]}'));
    await expect
      .poll(() => getPod(cluster, "sick")?.status?.containerStatuses?.[0]?.state?.waiting, waitFor)
      .toMatchObject({
        reason: "CrashLoopBackOff",
        message: expect.stringContaining("back-off 10s restarting failed container=c") as string,
      });
  });

  it("gives a program its environment, and ends a pod whose work is done", async () => {
    const cluster = await startCluster();
    await cluster.apply(
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: conf, namespace: default}, data: {color: blue}}",
    );
    await cluster.apply(
      pod(
        "once",
        '{name: c, image: busybox, command: [echo, "$(COLOR) on $(NODE) as $(NAME)"], env: [{name: COLOR, valueFrom: {configMapKeyRef: {name: conf, key: color}}}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}, {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}',
        "restartPolicy: Never",
      ),
    );
    await expect.poll(() => getPod(cluster, "once")?.status?.phase, waitFor).toBe("Succeeded");
    expect(await logText(cluster, "once")).toBe("blue on lateen as once\n");
  });

  it("tells a program where the Services of its namespace are", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("db", "{name: c, image: oamdev/hello-world, ports: [{containerPort: 8000}]}"));
    await cluster.apply(
      "{apiVersion: v1, kind: Service, metadata: {name: my-db, namespace: default}, spec: {selector: {app: db}, ports: [{name: http, port: 8080, targetPort: 8000}]}}",
    );
    await ready(cluster, "db");
    const service = () =>
      cluster.cache.get<Service>({ apiVersion: "v1", kind: "Service", namespace: "default", name: "my-db" });
    await expect.poll(() => service()?.metadata.annotations?.[serviceAddressAnnotation], waitFor).toBeDefined();
    await cluster.apply(
      pod(
        "once",
        "{name: c, image: busybox, command: [printenv, MY_DB_SERVICE_HOST, MY_DB_SERVICE_PORT_HTTP]}",
        "restartPolicy: Never",
      ),
    );
    await expect.poll(() => getPod(cluster, "once")?.status?.phase, waitFor).toBe("Succeeded");
    expect(await logText(cluster, "once")).toBe(
      `${service()?.metadata.annotations?.[serviceAddressAnnotation]?.replace(":", "\n")}\n`,
    );
  });

  it("gives a load balancer an address, though nothing real is behind it", async () => {
    const cluster = await startCluster();
    await cluster.apply(
      "{apiVersion: v1, kind: Service, metadata: {name: lb, namespace: default}, spec: {type: LoadBalancer, selector: {app: none}, ports: [{port: 8080}]}}",
    );
    const address = () =>
      (
        cluster.cache.get({ apiVersion: "v1", kind: "Service", namespace: "default", name: "lb" })?.status as
          | { loadBalancer?: { ingress?: { ip: string }[] } }
          | undefined
      )?.loadBalancer?.ingress?.[0]?.ip;
    await expect.poll(address, waitFor).toBeDefined();
    const answer = await fetch(`http://${address()}:8080/`);
    expect([answer.status, await answer.text()]).toEqual([503, "this Service has no ready endpoints\n"]);
  });

  it("says what a container waits for, and goes on when it is there", async () => {
    const cluster = await startCluster();
    await cluster.apply(
      pod(
        "late",
        "{name: c, image: busybox, command: [sleep, inf], env: [{name: A, valueFrom: {secretKeyRef: {name: key, key: a}}}]}",
      ),
    );
    await expect
      .poll(() => getPod(cluster, "late")?.status?.containerStatuses?.[0]?.state?.waiting, waitFor)
      .toEqual({
        reason: "CreateContainerConfigError",
        message: 'secret "key" not found',
      });
    await cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: default}, data: {a: YQ==}}");
    await ready(cluster, "late");
  });

  it("ends a program that does not answer its liveness probe, and keeps one unready that fails its readiness probe", async () => {
    const cluster = await startCluster();
    const probes =
      "livenessProbe: {httpGet: {path: /no-such-page, port: 8080}, periodSeconds: 1, failureThreshold: 2}, readinessProbe: {httpGet: {path: /no-such-page, port: 8080}, periodSeconds: 1}";
    await cluster.apply(pod("web", `{name: c, image: nginx, ports: [{containerPort: 8080}], ${probes}}`));
    await expect.poll(() => getPod(cluster, "web")?.status?.containerStatuses?.[0]?.restartCount, waitFor).toBe(1);
    expect(isReady(getPod(cluster, "web"))).toBe(false);
  });

  it("asks a program to end, and then the pod is gone with its files", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("web", "{name: c, image: oamdev/hello-world}"));
    const running = await ready(cluster, "web");
    await cluster.client.delete({ apiVersion: "v1", kind: "Pod", namespace: "default", name: "web" });
    await expect.poll(() => getPod(cluster, "web"), waitFor).toBeUndefined();
    expect(isAlive(processOf(running))).toBe(false);
  });

  it("runs the user's own program for an image that is mapped", async () => {
    const source = mkdtempSync(join(tmpdir(), "lateen-src-"));
    cleanups.push(() => rmSync(source, { recursive: true, force: true }));
    writeFileSync(
      join(source, "server.mjs"),
      'import { createServer } from "node:http"; createServer((_, r) => r.end("mine")).listen(process.env.PORT, process.env.HOST);',
    );
    const cluster = await startCluster({ mappings: [{ image: "shop", folder: source, run: "node server.mjs" }] });
    await cluster.apply(
      pod(
        "shop",
        "{name: c, image: 'shop:v3', ports: [{containerPort: 3000}], readinessProbe: {tcpSocket: {port: 3000}, periodSeconds: 1}}",
      ),
    );
    const { status } = await ready(cluster, "shop");
    expect(await (await fetch(`http://${status?.podIP}:3000/`)).text()).toBe("mine");
  });

  it("simulates what it does not know, and says so", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("shop", "{name: c, image: 'acme/shop:1'}"));
    const { status } = await ready(cluster, "shop");
    expect(status).toMatchObject({
      phase: "Running",
      reason: "Simulated",
      message: 'simulated: image "acme/shop:1" is not known to this node',
    });
    expect(await logText(cluster, "shop")).toContain("simulated");
  });

  it("refuses what it does not know when it is strict", async () => {
    const cluster = await startCluster({ mode: "strict" });
    await cluster.apply(pod("shop", "{name: c, image: 'acme/shop:1'}"));
    await expect
      .poll(() => getPod(cluster, "shop")?.status?.containerStatuses?.[0]?.state?.waiting?.reason, waitFor)
      .toBe("ImagePullBackOff");
    expect(getPod(cluster, "shop")?.status?.phase).toBe("Pending");
  });

  it("runs commands of manifests, and probes by command, only where it may", async () => {
    const cluster = await startCluster({ mode: "process-shell" });
    await cluster.apply(
      pod(
        "any",
        '{name: c, image: "acme/any", command: [sh, -c, "echo started; sleep 60"], readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}}',
      ),
    );
    await ready(cluster, "any");
    expect(await logText(cluster, "any")).toBe("started\n");
  });

  it("runs init containers first, one after the other", async () => {
    const cluster = await startCluster();
    const init =
      "initContainers: [{name: one, image: busybox, command: [echo, one]}, {name: two, image: busybox, command: [echo, two]}]";
    await cluster.apply(pod("web", "{name: c, image: oamdev/hello-world}", init));
    const { status } = await ready(cluster, "web");
    expect(status?.initContainerStatuses?.map(({ state }) => state?.terminated?.exitCode)).toEqual([0, 0]);
  });

  it("takes its pods up again after a stop, with their addresses", async () => {
    const cluster = await startCluster();
    await cluster.apply(pod("web", "{name: c, image: oamdev/hello-world}"));
    const before = await ready(cluster, "web");
    await cluster.agent[Symbol.asyncDispose]();
    expect(isAlive(processOf(before))).toBe(false);

    const again = await startNodeAgent(cluster, { folder: cluster.folder, bundledImages });
    cleanups.push(() => again[Symbol.asyncDispose]());
    await expect.poll(() => getPod(cluster, "web")?.status?.containerStatuses?.[0]?.restartCount, waitFor).toBe(1);
    const after = await ready(cluster, "web");
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect(after.status?.containerStatuses?.[0]?.lastState?.terminated?.reason).toBe("NodeStopped");
  });
});

describe.skipIf(process.platform === "win32")("processes of a server that is killed", () => {
  it("end with it", async () => {
    const { build } = await import("esbuild");
    const { spawn } = await import("node:child_process");
    const folder = mkdtempSync(join(tmpdir(), "lateen-kill-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "processes"));
    const host = join(folder, "host.mjs");
    await build({
      entryPoints: [fileURLToPath(new URL("./process-host.ts", import.meta.url))],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: host,
    });
    const script = `
      const { createProcessHost } = await import(${JSON.stringify(host)});
      const host = createProcessHost(${JSON.stringify(join(folder, "processes"))});
      const spec = { shell: true, folder: ${JSON.stringify(folder)}, env: process.env, onOutput() {} };
      const all = [];
      for (let i = 0; i < 5; i++) all.push(await host.start({ ...spec, command: ["trap '' TERM; sleep 300 & wait"] }));
      console.log(all.map(({ pid }) => pid).join(" "));
    `;
    const server = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pids = await new Promise<readonly number[]>((resolve) =>
      server.stdout.once("data", (text: Buffer) => resolve(text.toString().trim().split(" ").map(Number))),
    );
    expect(pids.every(isAlive)).toBe(true);

    server.kill("SIGKILL");

    await expect.poll(() => pids.filter(isAlive), { timeout: 90_000 }).toEqual([]);
  });
});
