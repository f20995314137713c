import { readFileSync } from "node:fs";
import type { JsonObject, JsonValue } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../kube-object.ts";
import { gvkOf } from "../../kube-object.ts";
import type { Kind } from "../kind.ts";
import { builtinKinds } from "../kind-table.ts";
import { read } from "../tables/read.ts";
import { decodeTyped } from "../typed/typed-form.ts";
import { applyKindDefaults } from "./apply-defaults.ts";
import { isLatest } from "./image-name.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const kinds = builtinKinds();

function kindOf(object: { readonly apiVersion: string; readonly kind: string }): Kind {
  const kind = kinds.lookup(gvkOf(object));
  if (kind?.type === undefined) throw new Error(`no kind ${object.kind}`);
  return kind;
}

function defaulted(object: JsonObject): JsonObject {
  const kind = kindOf(object as unknown as KubeObject);
  if (kind.type === undefined) throw new Error("no type");
  const form = decodeTyped(object, kind.type).object as unknown as KubeObject;
  return applyKindDefaults(form, kind, { now }) as unknown as JsonObject;
}

function pod(spec: JsonObject): JsonValue | undefined {
  return defaulted({ apiVersion: "v1", kind: "Pod", spec })["spec"];
}

describe("defaults of pods", () => {
  it("fill in policies, paths and probes", () => {
    expect(
      pod({
        containers: [
          { name: "c", image: "nginx:1.27", ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } },
        ],
      }),
    ).toEqual({
      containers: [
        {
          name: "c",
          image: "nginx:1.27",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          resources: {},
          readinessProbe: {
            httpGet: { path: "/", port: 80, scheme: "HTTP" },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "IfNotPresent",
        },
      ],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      securityContext: {},
      schedulerName: "default-scheduler",
      enableServiceLinks: true,
    });
  });

  it("ask for what the limits allow", () => {
    const spec = pod({
      containers: [{ name: "c", resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } } }],
    });
    expect(read(spec, "containers", 0, "resources", "requests")).toEqual({ cpu: "500m", memory: "1Gi" });
  });

  it("add up what the containers of a pod with limits of its own ask for", () => {
    const containers = ["100m", "200m"].map((cpu, index) => ({ name: `c${index}`, resources: { requests: { cpu } } }));
    const spec = pod({ containers, resources: { limits: { cpu: "1", memory: "1Gi" } } });
    expect(read(spec, "resources", "requests")).toEqual({ cpu: "300m", memory: "1Gi" });
  });

  it("give a volume without a source an empty directory", () => {
    const spec = pod({ containers: [], volumes: [{ name: "a" }, { name: "b", configMap: { name: "m" } }] });
    expect(read(spec, "volumes")).toEqual([
      { name: "a", emptyDir: {} },
      { name: "b", configMap: { name: "m", defaultMode: 420 } },
    ]);
  });
});

describe("defaults of workloads", () => {
  it("of a Deployment", () => {
    expect(read(defaulted({ apiVersion: "apps/v1", kind: "Deployment" }), "spec")).toMatchObject({
      replicas: 1,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    const recreate = defaulted({ apiVersion: "apps/v1", kind: "Deployment", spec: { strategy: { type: "Recreate" } } });
    expect(read(recreate, "spec", "strategy")).toEqual({ type: "Recreate" });
  });

  it("keep a zero that was sent", () => {
    const job = defaulted({ apiVersion: "batch/v1", kind: "Job", spec: { backoffLimit: 0, parallelism: 0 } });
    expect(read(job, "spec")).toMatchObject({ backoffLimit: 0, parallelism: 0 });
    expect(read(job, "spec", "completions")).toBeUndefined();
  });

  it("turn the texts of a Secret into data", () => {
    const secret = defaulted({ apiVersion: "v1", kind: "Secret", data: { a: "eA==" }, stringData: { b: "ä", a: "y" } });
    expect(secret).toMatchObject({ type: "Opaque", data: { a: "eQ==", b: "w6Q=" } });
    expect(secret).not.toHaveProperty("stringData");
  });
});

describe("all defaults", () => {
  const filled = readFileSync(new URL("../../../testdata/protobuf.txt", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line.split("\t")[1] ?? "") as JsonObject)
    .filter((object) => kinds.lookup(gvkOf(object as unknown as KubeObject)) !== undefined);

  /** The object without the members that `keep` does not want, asked for one after the other. */
  function pruned(value: JsonValue, keep: () => boolean, depth = 0): JsonValue {
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => pruned(item, keep, depth + 1));
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value as JsonObject).filter(() => depth === 0 || keep());
    return Object.fromEntries(members.map(([name, item]) => [name, pruned(item ?? null, keep, depth + 1)]));
  }

  it("change nothing when they are applied again", () => {
    fc.assert(
      fc.property(fc.constantFrom(...filled), fc.infiniteStream(fc.boolean()), (object, keeps) => {
        const once = defaulted(pruned(object, () => keeps.next().value as boolean) as JsonObject);
        const again = applyKindDefaults(once as unknown as KubeObject, kindOf(once as unknown as KubeObject), { now });
        expect(JSON.stringify(again)).toBe(JSON.stringify(once));
      }),
    );
  });
});

describe("the image tag", () => {
  it.each([
    ["nginx", true],
    ["nginx:latest", true],
    ["registry:5000/a/b", true],
    ["registry:5000/a/b:1", false],
    ["nginx@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false],
    ["NGINX", false],
    ["", false],
  ])("of %j is latest: %s", (image, latest) => {
    expect(isLatest(image)).toBe(latest);
  });
});
