// What checks are written with: kubectl and helm as a person uses them, raw requests, and how a check passes, fails or is skipped.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

export class Skip extends Error {}
export const skip = (reason) => {
  throw new Skip(reason);
};
export { assert };

export function run(program, args, { input, env, timeoutMs = 60_000, cwd } = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, cwd, stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      done({ code: -1, out, err: String(error) });
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ code: code ?? -1, out, err });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
  });
}

/** One check's world: a namespace of its own, kubectl in it, a folder for files. */
export function createKit({ kubectl, helm, kubeconfig, namespace, folder, raw }) {
  mkdirSync(folder, { recursive: true });
  const env = { KUBECONFIG: kubeconfig, KUBECACHEDIR: resolve(folder, "cache"), HOME: folder };
  const K = (args, options = {}) => {
    const list = typeof args === "string" ? args.split(" ") : args;
    return run(kubectl, options.global ? list : ["-n", namespace, ...list], { env, cwd: folder, ...options });
  };
  const ok = async (args, options) => {
    const done = await K(args, options);
    assert.equal(done.code, 0, `kubectl ${typeof args === "string" ? args : args.join(" ")}: ${done.err}${done.out}`);
    return done.out;
  };
  const fails = async (args, pattern, options) => {
    const done = await K(args, options);
    assert.notEqual(done.code, 0, `kubectl ${args} succeeded: ${done.out}`);
    assert.match(done.err + done.out, pattern);
    return done;
  };
  const file = (name, text) => {
    const path = resolve(folder, name);
    writeFileSync(path, typeof text === "string" ? text : JSON.stringify(text));
    return path;
  };
  const H = async (args, options) => {
    if (helm === undefined) skip("no helm of this version is at hand");
    return run(helm, ["-n", namespace, ...args.split(" ")], { env, cwd: folder, ...options });
  };
  const until = async (what, test, timeoutMs = 20_000) => {
    const end = Date.now() + timeoutMs;
    for (;;) {
      if (await test()) return;
      if (Date.now() > end) assert.fail(`${what}: not within ${timeoutMs} ms`);
      await new Promise((wake) => setTimeout(wake, 100));
    }
  };
  return { K, ok, fails, file, H, until, raw, namespace, folder, kubeconfig, env, assert, skip };
}

export const deployment = (name = "web", replicas = 2, more = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "nginx:1", env: [{ name: "A", value: "1" }], ...more }] },
    },
  },
});

export const crd = (group, { version = {}, spec = {} } = {}) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `foos.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: {
      plural: "foos",
      singular: "foo",
      kind: "Foo",
      listKind: "FooList",
      shortNames: ["fo"],
      categories: ["all"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        },
        additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", default: 3, minimum: 1, description: "How large it is." },
                  replicas: { type: "integer" },
                  fixed: { type: "string" },
                },
                "x-kubernetes-validations": [
                  { rule: "self.size < 100", message: "size is too large" },
                  {
                    rule: "!has(oldSelf.fixed) || has(self.fixed) && self.fixed == oldSelf.fixed",
                    message: "fixed is fixed",
                  },
                ],
              },
              status: { type: "object", properties: { replicas: { type: "integer" } } },
            },
          },
        },
        ...version,
      },
    ],
    ...spec,
  },
});
export const foo = (group, name, spec = {}) => ({ apiVersion: `${group}/v1`, kind: "Foo", metadata: { name }, spec });
