/** The examples of definitions/README.md work: each is rendered as a part of an Application. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, readYaml } from "@lateen/objects";
import { dryRun } from "../dry-run.ts";
import { appOf } from "../application/application.ts";
import { type ReferredReader, resolveReferences } from "../render/ref-objects.ts";
import { builtinDefinitionSet, builtinDefinitions } from "./builtin.ts";
import { createDefinitionSet } from "./definition-set.ts";
import { readDefinition } from "./read-definition.ts";

const readme = readFileSync(resolve(import.meta.dirname, "../../../../definitions/README.md"), "utf8");

interface Example {
  readonly name: string;
  readonly spec: JsonObject;
}

const examples: readonly Example[] = readme.split(/^### /m).flatMap((section): readonly Example[] => {
  const text = /^```yaml\n([^]*?)^```/m.exec(section)?.[1];
  const spec = text === undefined ? undefined : readYaml(text);
  return isJsonObject(spec) ? [{ name: section.slice(0, section.indexOf("\n")), spec }] : [];
});

/** An Application with the example in it: a trait on a webservice, the rest beside one. */
function applicationOf({ spec }: Example): KubeObject {
  const { traits, ...rest } = spec;
  const component = {
    name: "example",
    type: "webservice",
    properties: { image: "nginx" },
    ...(traits === undefined ? {} : { traits }),
  };
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "example", namespace: "default" },
    spec: { components: [component], ...rest },
  };
}

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
const makesNothingAlone = ({ name, spec }: Example): boolean => spec.workflow !== undefined || name === "envbinding";

describe("the reference of the definitions that come with Lateen", () => {
  it("has an example of each", () => {
    expect(examples.map(({ name }) => name)).toEqual(builtinDefinitions().map(({ metadata }) => metadata.name));
  });

  it.for(examples.filter(({ name }) => name !== "helmchart"))("$name: its example renders", async (example) => {
    const application = await resolved(applicationOf(example));
    const { groups, diagnostics } = dryRun({ application, definitions: builtinDefinitionSet() });
    expect(diagnostics.filter(({ severity }) => severity !== "warning")).toEqual([]);
    if (!makesNothingAlone(example)) expect(groups.flatMap(({ objects }) => objects)).not.toEqual([]);
  });

  it("says of a chart that it is not rendered, as it is", () => {
    const example = examples.find(({ name }) => name === "helmchart")!;
    const { groups, diagnostics } = dryRun({
      application: applicationOf(example),
      definitions: builtinDefinitionSet(),
    });
    expect(groups.flatMap(({ objects }) => objects)).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: "render" }]);
  });
});

describe("a parameter that is declared as {}", () => {
  const definitions = builtinDefinitionSet();
  const faultsOf = (spec: JsonObject): readonly string[] =>
    dryRun({ application: applicationOf({ name: "blank", spec }), definitions }).diagnostics.map(
      ({ message }) => message,
    );

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
    const application = applicationOf({
      name: "blank",
      spec: { workflow: { steps: [{ name: "none", type: "none", properties: { parallel: true } }] } },
    });
    const { diagnostics } = dryRun({
      application,
      definitions: createDefinitionSet([...builtinDefinitions(), definition!]),
    });
    expect(diagnostics).toMatchObject([{ message: 'none has no parameter "parallel"' }]);
  });
});
