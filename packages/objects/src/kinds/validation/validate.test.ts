import type { JsonObject } from "@lateen/base";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gvkOf, type KubeObject } from "../../kube-object.ts";
import type { Kind } from "../kind.ts";
import { builtinKinds } from "../kind-table.ts";
import { prepareChange, prepareNew } from "../strategy/prepare.ts";
import { decodeTyped } from "../typed/typed-form.ts";
import { validateKind } from "./validate.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const kinds = builtinKinds();

function kindOf(object: JsonObject): Kind {
  const kind = kinds.lookup(gvkOf(object as unknown as KubeObject));
  if (kind === undefined) throw new Error("no kind");
  return kind;
}

function prepared(object: JsonObject): KubeObject {
  const kind = kindOf(object);
  if (kind.type === undefined) throw new Error("no type");
  return prepareNew(decodeTyped(object, kind.type).object as unknown as KubeObject, kind, { now });
}

/** `spec.replicas: Invalid value: -1: must be …`, one a line, for a new object. */
function complaints(object: JsonObject): string[] {
  return validateKind(prepared(object), kindOf(object)).map(({ field, message }) => `${field}: ${message}`);
}

function changeComplaints(old: JsonObject, next: JsonObject): string[] {
  const kind = kindOf(next);
  const live = prepared(old);
  if (kind.type === undefined) throw new Error("no type");
  const form = decodeTyped(next, kind.type).object as unknown as KubeObject;
  return validateKind(prepareChange(form, kind, { now, live }), kind, live).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

const metadata = { name: "a", namespace: "default", uid: "u" };
const containers = [{ name: "c", image: "i" }];

function pod(spec: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers, ...spec } };
}

function deployment(spec: JsonObject): JsonObject {
  const template = { metadata: { labels: { app: "x" } }, spec: { containers } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { selector: { matchLabels: { app: "x" } }, template, ...spec },
  };
}

function service(spec: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }], ...spec } };
}

describe("a pod", () => {
  it("that is in order has no errors", () => {
    expect(complaints(pod({}))).toEqual([]);
  });

  it.each<[JsonObject, string[]]>([
    [{ containers: [] }, ["spec.containers: Required value"]],
    [{ containers: [...containers, ...containers] }, ['spec.containers[1].name: Duplicate value: "c"']],
    [
      { containers: [{ name: "c", image: "i", volumeMounts: [{ name: "v", mountPath: "/v" }] }] },
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }] },
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      { containers: [{ name: "c", image: "i", livenessProbe: { periodSeconds: 3 } }] },
      ["spec.containers[0].livenessProbe: Required value: must specify a handler type"],
    ],
    [
      { restartPolicy: "Sometimes" },
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      { volumes: [{ name: "v", hostPath: { path: "/a" }, emptyDir: {} }] },
      ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      { tolerations: [{ operator: "Equal" }] },
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      { ephemeralContainers: [{ name: "e", image: "i" }] },
      ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
    ],
  ])("with %j", (spec, expected) => {
    expect(complaints(pod(spec))).toEqual(expected);
  });

  it("may change its images and little else", () => {
    expect(changeComplaints(pod({}), pod({ containers: [{ name: "c", image: "other" }] }))).toEqual([]);
    expect(changeComplaints(pod({}), pod({ hostNetwork: true }))).toEqual([
      expect.stringMatching(/^spec: Forbidden: pod updates may not change fields other than/),
    ]);
    expect(changeComplaints(pod({ tolerations: [{ key: "a", operator: "Exists" }] }), pod({}))).toContain(
      "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
    );
  });
});

describe("workloads", () => {
  it.each<[JsonObject, string[]]>([
    [{}, []],
    [{ replicas: -1 }, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
    [
      { selector: { matchLabels: { app: "y" } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
    ],
    [
      { strategy: { type: "Recreate", rollingUpdate: { maxSurge: 1 } } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
    ],
  ])("such as a Deployment with %j", (spec, expected) => {
    expect(complaints(deployment(spec))).toEqual(expected);
  });

  it("keep their selector", () => {
    const template = { metadata: { labels: { app: "x", b: "c" } }, spec: { containers } };
    const selector = { matchLabels: { app: "x", b: "c" } };
    expect(changeComplaints(deployment({ template }), deployment({ template, selector }))).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"x","b":"c"}}: field is immutable',
    ]);
  });

  it("such as a Job want another restart policy", () => {
    const job = { apiVersion: "batch/v1", kind: "Job", metadata, spec: { template: { spec: { containers } } } };
    expect(complaints(job)).toEqual([
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ]);
  });

  it("such as a CronJob need a schedule that can be read", () => {
    const template = { spec: { containers, restartPolicy: "Never" } };
    const cronJob = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: { schedule: "x", jobTemplate: { spec: { template } } },
    };
    expect(complaints(cronJob)).toEqual(['spec.schedule: Invalid value: "x": expected exactly 5 fields, found 1: [x]']);
  });
});

describe("a service", () => {
  it.each<[JsonObject, string[]]>([
    [{}, []],
    [{ ports: [] }, ["spec.ports: Required value"]],
    [
      { ports: [{ port: 80 }, { port: 80, name: "b" }] },
      [
        "spec.ports[0].name: Required value",
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [{ type: "ExternalName" }, ["spec.externalName: Required value"]],
    [
      { externalTrafficPolicy: "Local" },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      { externalIPs: ["127.0.0.1"] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
  ])("with %j", (spec, expected) => {
    expect(complaints(service(spec))).toEqual(expected);
  });

  it("keeps the address that it was given", () => {
    const live = service({ clusterIP: "10.96.0.9" });
    expect(changeComplaints(live, service({ clusterIP: "10.96.0.10" }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set',
    ]);
  });
});

describe("other kinds", () => {
  it.each<[JsonObject, string[]]>([
    [
      { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "a b": "" } },
      [expect.stringMatching(/^data\[a b\]: Invalid value: "a b": a valid config key must consist/) as string],
    ],
    [
      { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls" },
      ["data[tls.crt]: Required value", "data[tls.key]: Required value"],
    ],
    [
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules: [{ verbs: [] }] },
      [
        "rules[0].verbs: Required value: verbs must contain at least one value",
        "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
        "rules[0].resources: Required value: resource rules must supply at least one resource",
      ],
    ],
    [
      { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata },
      ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    ],
    [
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec: { minAvailable: "101%" } },
      ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
    ],
  ])("%j", (object, expected) => {
    expect(complaints(object)).toEqual(expected);
  });

  it("with immutable data refuse changes of it", () => {
    const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata, immutable: true, data: { a: "1" } };
    expect(changeComplaints(configMap, { ...configMap, data: { a: "2" } })).toEqual([
      "data: Forbidden: field is immutable when `immutable` is set",
    ]);
  });
});

describe("any object of the right types", () => {
  const filled = readFileSync(new URL("../../../testdata/protobuf.txt", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line.split("\t")[1] ?? "") as JsonObject)
    .filter((object) => kinds.lookup(gvkOf(object as unknown as KubeObject)) !== undefined);

  it("is judged, never thrown at", () => {
    fc.assert(
      fc.property(fc.constantFrom(...filled), fc.constantFrom(...filled), (object, other) => {
        expect(Array.isArray(complaints(object))).toBe(true);
        const mixed = { ...object, spec: other["spec"] ?? {} };
        expect(Array.isArray(changeComplaints(object, mixed))).toBe(true);
      }),
    );
  });
});
