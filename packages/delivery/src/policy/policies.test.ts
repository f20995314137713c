import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { appOf } from "../application/application.ts";
import { overrideComponents } from "./override.ts";
import { placementsOf } from "./topology.ts";

const policy = (type: string, properties: JsonObject) => {
  const [one] = appOf({
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "shop", namespace: "default" },
    spec: { components: [], policies: [{ name: "p", type, properties }] },
  }).policies;
  return one!;
};

const { components } = appOf({
  apiVersion: "core.oam.dev/v1beta1",
  kind: "Application",
  metadata: { name: "shop", namespace: "default" },
  spec: {
    components: [
      {
        name: "front",
        type: "webservice",
        properties: { image: "a", cmd: ["x"] },
        traits: [{ type: "scaler", properties: { replicas: 1 } }],
      },
      { name: "back", type: "worker", properties: { image: "b" } },
    ],
  },
});

const override = (properties: JsonObject) => overrideComponents(components, policy("override", properties));

describe("an override policy", () => {
  it("merges properties and traits of the named component", () => {
    const [front, back] = override({
      components: [
        { name: "front", properties: { image: "c" }, traits: [{ type: "scaler", properties: { replicas: 3 } }] },
      ],
    });
    expect(front?.properties).toEqual({ image: "c", cmd: ["x"] });
    expect(front?.traits).toMatchObject([{ type: "scaler", properties: { replicas: 3 } }]);
    expect(back?.properties).toEqual({ image: "b" });
  });

  it("takes a trait away", () => {
    expect(
      override({ components: [{ name: "front", traits: [{ type: "scaler", disable: true }] }] })[0]?.traits,
    ).toEqual([]);
  });

  it("changes all components where no name is given, by type if there is one", () => {
    const changed = override({ components: [{ type: "worker", properties: { count: 2 } }] });
    expect(changed.map(({ properties }) => properties)).toEqual([
      { image: "a", cmd: ["x"] },
      { image: "b", count: 2 },
    ]);
  });

  it("keeps only what its selector names", () => {
    expect(override({ selector: ["back"] }).map(({ name }) => name)).toEqual(["back"]);
  });

  it("refuses a field it does not know", () => {
    expect(() => override({ component: [] })).toThrow(/component/);
  });
});

describe("a topology policy", () => {
  const clusters = [
    { name: "local", labels: {} },
    { name: "east", labels: { region: "e" } },
  ];
  const places = (...properties: readonly JsonObject[]) =>
    placementsOf(
      properties.map((one) => policy("topology", one)),
      { clusters, namespace: "default" },
    ).map(({ cluster, namespace }) => `${cluster}/${namespace}`);

  it("is the local cluster and the application's namespace where there is none", () => {
    expect(places()).toHaveLength(1);
  });

  it("names clusters and a namespace", () => {
    expect(places({ clusters: ["local", "east"], namespace: "prod" })).toEqual(["local/prod", "east/prod"]);
  });

  it("finds clusters by their labels", () => {
    expect(places({ clusterLabelSelector: { region: "e" } })).toEqual(["east/"]);
  });

  it("refuses a cluster that is not there", () => {
    expect(() => places({ clusters: ["west"] })).toThrow(/west/);
  });
});
