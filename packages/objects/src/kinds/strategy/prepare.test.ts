import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { gvkOf, type KubeObject } from "../../kube-object.ts";
import type { Kind } from "../kind.ts";
import { builtinKinds } from "../kind-table.ts";
import { read } from "../tables/read.ts";
import { typedForm } from "../typed/typed-form.ts";
import { prepareChange, prepareNew } from "./prepare.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const kinds = builtinKinds();

function kindOf(object: JsonObject): Kind {
  const kind = kinds.lookup(gvkOf(object as unknown as KubeObject));
  if (kind === undefined) throw new Error("no kind");
  return kind;
}

function formOf(object: JsonObject): KubeObject {
  const { type } = kindOf(object);
  if (type === undefined) throw new Error("no type");
  return typedForm(object, type) as unknown as KubeObject;
}

function created(object: JsonObject): JsonObject {
  return prepareNew(formOf(object), kindOf(object), { now }) as unknown as JsonObject;
}

function changed(live: JsonObject, next: JsonObject): JsonObject {
  return prepareChange(formOf(next), kindOf(next), {
    now,
    live: created(live) as unknown as KubeObject,
  }) as unknown as JsonObject;
}

const metadata = { name: "a", namespace: "default", uid: "u1" };

describe("a new object", () => {
  it("that is a pod is pending, with its class of service", () => {
    const resources = { limits: { cpu: "1", memory: "1Gi" } };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, status: { phase: "Running" } };
    expect(created({ ...pod, spec: { containers: [{ name: "c", resources }] } })["status"]).toEqual({
      phase: "Pending",
      qosClass: "Guaranteed",
    });
    const gated = created({ ...pod, spec: { schedulingGates: [{ name: "x" }] } });
    expect(read(gated, "status", "conditions", 0, "reason")).toBe("SchedulingGated");
  });

  it("that is a namespace gets the finalizer of the cluster", () => {
    const namespace = created({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "n" },
      spec: { finalizers: ["x"] },
    });
    expect(read(namespace, "spec", "finalizers")).toEqual(["x", "kubernetes"]);
    expect(namespace["status"]).toEqual({ phase: "Active" });
  });

  it("that is a job selects its pods by its uid", () => {
    const job = created({ apiVersion: "batch/v1", kind: "Job", metadata, spec: { template: { spec: {} } } });
    expect(read(job, "spec", "selector")).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": "u1" } });
    expect(read(job, "spec", "template", "metadata", "labels")).toMatchObject({ "job-name": "a" });
  });

  it("that is a claim names its source in both ways", () => {
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata };
    const source = { kind: "PersistentVolumeClaim", name: "b" };
    expect(read(created({ ...claim, spec: { dataSource: source } }), "spec", "dataSourceRef")).toMatchObject(source);
    expect(
      read(created({ ...claim, spec: { dataSource: { kind: "X", name: "b" } } }), "spec", "dataSource"),
    ).toBeUndefined();
  });
});

describe("a changed service", () => {
  const port = { name: "http", port: 80 };
  const live = {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      type: "NodePort",
      clusterIP: "10.96.0.9",
      clusterIPs: ["10.96.0.9"],
      ports: [{ ...port, nodePort: 30080 }],
    },
  };

  it("keeps the address and the ports that it was given", () => {
    const next = changed(live, { ...live, spec: { type: "NodePort", ports: [{ ...port, port: 81 }] } });
    expect(next["spec"]).toMatchObject({ clusterIP: "10.96.0.9", ports: [{ port: 81, nodePort: 30080 }] });
  });

  it("lets go of them with the type that needed them", () => {
    const spec = { ...live.spec, type: "ClusterIP", externalTrafficPolicy: "Cluster" };
    expect(read(changed(live, { ...live, spec }), "spec", "ports", 0)).not.toHaveProperty("nodePort");
    expect(read(changed(live, { ...live, spec }), "spec")).not.toHaveProperty("externalTrafficPolicy");
    const external = changed(live, { ...live, spec: { ...live.spec, type: "ExternalName", externalName: "x.y" } });
    expect(external["spec"]).not.toHaveProperty("clusterIP");
  });
});
