import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { gvkOf, type KubeObject } from "../../kube-object.ts";
import { builtinKinds } from "../kind-table.ts";
import { warningsOfKind } from "./warnings.ts";

function warnings(object: JsonObject, old?: JsonObject): readonly string[] {
  const given = object as unknown as KubeObject;
  const kind = builtinKinds().lookup(gvkOf(given));
  if (kind === undefined) throw new Error("no kind");
  return warningsOfKind(given, kind, old as unknown as KubeObject | undefined);
}

const metadata = { name: "a" };

function pod(spec: JsonObject): readonly string[] {
  return warnings({ apiVersion: "v1", kind: "Pod", metadata, spec });
}

describe("warnings about pods", () => {
  it("name volumes that no longer work", () => {
    expect(pod({ volumes: [{ name: "v", rbd: {} }] })).toEqual([
      "spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+",
    ]);
  });

  it("name selectors that match nothing, odd amounts and hidden variables", () => {
    const term = { topologyKey: "k" };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const env = [
      { name: "A", value: "1" },
      { name: "A", value: "2" },
      { name: "A", value: "$(A)b" },
    ];
    const containers = [{ name: "c", env, resources: { limits: { memory: "100m" } } }];
    expect(pod({ affinity, containers })).toEqual([
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
    ]);
  });
});

describe("warnings about other kinds", () => {
  it("advise a label for the name of a workload, at its creation", () => {
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a.b" }, spec: {} };
    expect(warnings(deployment)).toEqual([
      expect.stringContaining("a DNS label is recommended: [must not contain dots]"),
    ]);
    expect(warnings(deployment, deployment)).toEqual([]);
  });

  it("name addresses that only lenient readers understand", () => {
    const spec = { type: "ClusterIP", clusterIPs: ["10.96.000.1"] };
    expect(warnings({ apiVersion: "v1", kind: "Service", metadata, spec })).toEqual([
      'spec.clusterIPs[0]: non-standard IP address "10.96.000.1" will be considered invalid in a future Kubernetes release: use "10.96.0.1"',
    ]);
  });

  it("say that a certificate is none", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      type: "kubernetes.io/tls",
      data: { "tls.crt": "eA==" },
    };
    expect(warnings(secret)).toEqual(["tls: failed to find any PEM data in certificate input"]);
  });
});
