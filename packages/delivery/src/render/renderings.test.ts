import { describe, expect, it } from "vitest";
import type { KubeObject } from "@lateen/objects";
import { createDefinitionSet } from "../definition/definition-set.ts";
import { dryContext } from "../application/dry-context.ts";
import { Renderings } from "./renderings.ts";

const definition = (name: string, where: string): KubeObject =>
  ({
    apiVersion: "core.oam.dev/v1beta1",
    kind: "ComponentDefinition",
    metadata: { name, namespace: "vela-system" },
    spec: {
      workload: { type: "autodetects.core.oam.dev" },
      schematic: {
        cue: {
          template: `output: {apiVersion: "v1", kind: "ConfigMap", data: where: ${where}}\nparameter: {}\n`,
        },
      },
    },
  }) as unknown as KubeObject;

const application = {
  apiVersion: "core.oam.dev/v1beta1",
  kind: "Application",
  metadata: { name: "shop", namespace: "default" },
  spec: { components: ["named", "placed", "whole"].map((type) => ({ name: type, type, properties: {} })) },
} as unknown as KubeObject;

function turns() {
  const definitions = createDefinitionSet([
    definition("named", "context.name"),
    definition("placed", "context.cluster"),
    definition("whole", 'context["cluster"]'),
  ]);
  const renderings = new Renderings();
  const app = renderings.appOf(application);
  const render = (index: number, cluster: string) =>
    renderings.render({ app, component: app.components[index]!, definitions, context: { ...dryContext, cluster } });
  return { render, renderings };
}

describe("renderings of one look", () => {
  it("reads an application once", () => {
    const { renderings } = turns();
    expect(renderings.appOf(application)).toBe(renderings.appOf(application));
  });

  it("takes what was rendered for another cluster where no template asks for the cluster", () => {
    const { render } = turns();
    expect(render(0, "local")).toBe(render(0, "far"));
  });

  it("renders anew where a template names the cluster, or may reach it", () => {
    const { render } = turns();
    const data = (index: number, cluster: string) => {
      const rendered = render(index, cluster);
      return rendered.kind === "rendered" ? rendered.workload["data"] : rendered.message;
    };
    for (const index of [1, 2]) {
      expect(data(index, "local")).toEqual({ where: "local" });
      expect(data(index, "far")).toEqual({ where: "far" });
    }
  });
});
