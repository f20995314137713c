/** The examples of definitions/README.md work: each is rendered as a part of an Application. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { dryRun } from "../dry-run.ts";
import { appOf } from "../application/application.ts";
import { type ReferredReader, resolveReferences } from "../render/ref-objects.ts";
import { type ExampleApplication, applicationAround, definitionExamples } from "../testing/example-applications.ts";
import { builtinDefinitionSet, builtinDefinitions } from "./builtin.ts";
import { createDefinitionSet } from "./definition-set.ts";
import { readDefinition } from "./read-definition.ts";

const examples = definitionExamples();

const stored: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "default" },
};
const reader: ReferredReader = {
  kindOf: async () => ({ apiVersion: "v1", kind: "ConfigMap" }),
  get: async ({ name }) => (name === "settings" ? stored : undefined),
  list: async () => [],
};

/** The Application as the server renders it: with the objects that it refers to. */
async function resolved(application: KubeObject): Promise<KubeObject> {
  const app = appOf(application);
  const [component, ...others] = app.components;
  if (component?.type !== "ref-objects") return application;
  const { name, type, properties } = await resolveReferences(component, app, reader);
  expect(others).toEqual([]);
  return { ...application, spec: { components: [{ name, type, properties: properties ?? {} }] } };
}

/** A step, or a policy whose environments only a step of its kind delivers. */
const makesNothingAlone = ({ name, application }: ExampleApplication): boolean =>
  valueAt(application, "spec", "workflow") !== undefined || name === "envbinding";

describe("the reference of the definitions that come with Lateen", () => {
  it("has an example of each", () => {
    expect(examples.map(({ name }) => name)).toEqual(builtinDefinitions().map(({ metadata }) => metadata.name));
  });

  it.for(examples.filter(({ name }) => name !== "helmchart"))("$name: its example renders", async (example) => {
    const application = await resolved(example.application);
    const { groups, diagnostics } = dryRun({ application, definitions: builtinDefinitionSet() });
    expect(diagnostics.filter(({ severity }) => severity !== "warning")).toEqual([]);
    if (!makesNothingAlone(example)) expect(groups.flatMap(({ objects }) => objects)).not.toEqual([]);
  });

  it("says of a chart that it is not rendered, as it is", () => {
    const example = examples.find(({ name }) => name === "helmchart")!;
    const { groups, diagnostics } = dryRun({
      application: example.application,
      definitions: builtinDefinitionSet(),
    });
    expect(groups.flatMap(({ objects }) => objects)).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: "render" }]);
  });
});

describe("a parameter that is declared as {}", () => {
  const definitions = builtinDefinitionSet();
  const faultsOf = (spec: JsonObject): readonly string[] =>
    dryRun({ application: applicationAround(spec), definitions }).diagnostics.map(({ message }) => message);

  it("takes any fields below the top", () => {
    const properties = { configName: "endpoints", data: { url: "http://shop", more: "1" } };
    expect(faultsOf({ workflow: { steps: [{ name: "export", type: "export2config", properties }] } })).toEqual([]);
    const wrong = { ...properties, dat: {} };
    expect(faultsOf({ workflow: { steps: [{ name: "export", type: "export2config", properties: wrong }] } })).toEqual([
      'export2config has no parameter "dat" (did you mean "data"?)',
    ]);
  });

  it("takes none at the top, where the template does not hand it on", () => {
    const text = 'none: {type: "workflow-step", description: ""}\ntemplate: parameter: {}\n';
    const { definition } = readDefinition(text, { filename: "none.cue", namespace: "vela-system" });
    const application = applicationAround({
      workflow: { steps: [{ name: "none", type: "none", properties: { parallel: true } }] },
    });
    const { diagnostics } = dryRun({
      application,
      definitions: createDefinitionSet([...builtinDefinitions(), definition!]),
    });
    expect(diagnostics).toMatchObject([{ message: 'none has no parameter "parallel"' }]);
  });
});
