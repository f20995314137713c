import { describe, expect, it } from "vitest";
import { builtinType, builtinTypeNames } from "./built-in-types.ts";
import type { SchemaFacts, TypeFacts } from "./kind.ts";
import { builtinKinds, kindTableOf } from "./kind-table.ts";

const kinds = builtinKinds();

function itemOf(schema: SchemaFacts): TypeFacts {
  const inner = schema.kind === "list" ? schema.item : schema;
  if (inner.kind !== "struct") throw new Error(`no struct: ${inner.kind}`);
  return inner.type();
}

describe("the built-in kinds", () => {
  it("are found by kind and by resource", () => {
    const deployment = kinds.lookup({ group: "apps", version: "v1", kind: "Deployment" });
    expect(deployment?.plural).toBe("deployments");
    expect(deployment?.shortNames).toEqual(["deploy"]);
    expect(deployment?.subresources).toEqual(["scale", "status"]);
    expect(kinds.lookupResource({ group: "", version: "v1", plural: "pods" })?.kind).toBe("Pod");
    expect(kinds.lookup({ group: "apps", version: "v2", kind: "Deployment" })).toBeUndefined();
  });

  it("have a type each", () => {
    expect(kinds.kinds.filter(({ type }) => type === undefined).map(({ kind }) => kind)).toEqual([]);
  });

  it("prefer autoscaling/v2 and store HorizontalPodAutoscalers in it", () => {
    expect(kinds.versionsOf("autoscaling")).toEqual(["v2", "v1"]);
    const kind = "HorizontalPodAutoscaler";
    expect(kinds.lookup({ group: "autoscaling", version: "v1", kind })?.storageVersion).toBe("v2");
    expect(kinds.lookup({ group: "autoscaling", version: "v2", kind })?.storageVersion).toBeUndefined();
  });

  it("know the lists, keys and strategies of a container", () => {
    const pod = builtinType("io.k8s.api.core.v1.PodSpec");
    const containers = pod?.fieldOf("containers");
    expect(containers).toMatchObject({ required: true, protoNumber: 2, patchStrategy: "merge", patchMergeKey: "name" });
    expect(containers?.schema).toMatchObject({ kind: "list", listType: "map", listMapKeys: ["name"] });
    const ports = containers === undefined ? undefined : itemOf(containers.schema).fieldOf("ports");
    expect(ports?.patchMergeKey).toBe("containerPort");
    expect(ports?.schema).toMatchObject({ listMapKeys: ["containerPort", "protocol"] });
    expect(ports === undefined ? undefined : itemOf(ports.schema).fieldOf("protocol")?.defaultValue).toBe("TCP");
  });

  it("expand inlined structs with their protobuf path", () => {
    const probe = builtinType("io.k8s.api.core.v1.Probe");
    expect(probe?.fieldOf("httpGet")).toMatchObject({ protoPath: [1], protoNumber: 2, pointer: true });
    expect(probe?.fieldOf("periodSeconds")).toMatchObject({ protoPath: [], protoNumber: 4, pointer: false });
  });

  it("can be read to the last type", () => {
    for (const name of builtinTypeNames()) {
      const type = builtinType(name);
      for (const { schema } of type?.fields ?? [])
        if (schema.kind === "struct") expect(schema.type().name).toBeTruthy();
    }
    expect(builtinTypeNames().length).toBeGreaterThan(600);
  });
});

describe("a table of other kinds", () => {
  it("keeps their order", () => {
    const two = kindTableOf(kinds.kinds.filter(({ group }) => group === "batch"));
    expect(two.kinds.map(({ plural }) => plural)).toEqual(["cronjobs", "jobs"]);
    expect(two.versionsOf("apps")).toEqual([]);
  });
});
