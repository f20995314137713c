/** Complaints of KubeVela's users about rendering and dry runs, each rebuilt; the number is that of its tracker. */
import { formatPath } from "@lateen/base";
import { type KubeObject, readManifests, valueAt } from "@lateen/objects";
import { describe, expect, it } from "vitest";
import { builtinDefinitions, createDefinitionSet, diagnoseApplication, dryRun } from "../src/pure.ts";

function read(yaml: string): readonly KubeObject[] {
  return readManifests(yaml, { source: "app.yaml" }).objects;
}
const application = (spec: string): KubeObject =>
  read(
    `apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop, namespace: default}\nspec:\n${spec}`,
  )[0]!;
const own = (kind: string, name: string, template: string): KubeObject =>
  ({
    apiVersion: "core.oam.dev/v1beta1",
    kind,
    metadata: { name, namespace: "default" },
    spec: { schematic: { cue: { template } } },
  }) as unknown as KubeObject;
const definitions = (...more: readonly KubeObject[]) => createDefinitionSet([...builtinDefinitions(), ...more]);
const faults = (object: KubeObject, ...more: readonly KubeObject[]): readonly string[] =>
  diagnoseApplication(object, definitions(...more)).map(({ path, message }) => `${formatPath(path)}: ${message}`);

describe("KubeVela 7014", () => {
  it("names the wrong field, not an empty disjunction", () => {
    const found = faults(
      application("  components: [{name: web, type: webservice, properties: {image: a, exposeType: Balancer}}]"),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /^spec\.components\[0\]\.properties\.exposeType: expected .*LoadBalancer.*found "Balancer"/,
    );
    expect(found[0]).not.toContain("empty disjunction");
  });
});

describe("KubeVela 6862", () => {
  it("refuses an undeclared parameter, also a nested one, and names the nearest", () => {
    const found = faults(
      application(
        "  components: [{name: web, type: webservice, properties: {image: a, imagePullPolcy: Always, ports: [{port: 80, exposed: true}]}}]",
      ),
    );
    expect(found.join("\n")).toMatch(/properties\.imagePullPolcy: .*imagePullPolicy/);
    expect(found.join("\n")).toMatch(/properties\.ports\[0\]\.exposed: .*expose/);
  });
});

describe("KubeVela 4410 and 5361", () => {
  const object =
    application(`  components: [{name: web, type: webservice, properties: {image: a}, traits: [{type: scaler, properties: {replicas: 1}}]}]
  policies:
    - {name: more, type: override, properties: {components: [{name: web, traits: [{type: scaler, properties: {replicas: 4}}]}]}}
    - {name: test, type: topology, properties: {clusters: [local], namespace: test}}
    - {name: prod, type: topology, properties: {clusters: [local], namespace: prod}}
  workflow:
    steps:
      - {name: test, type: deploy, properties: {policies: [test]}}
      - {name: prod, type: deploy, properties: {policies: [more, prod]}}
`);
  it("shows in a dry run what overrides and topologies make, step by step", () => {
    const { groups, diagnostics } = dryRun({ application: object, definitions: definitions() });
    expect(diagnostics).toEqual([]);
    const shown = groups.map(({ step, objects }) => [
      step,
      objects[0]?.metadata.namespace,
      valueAt(objects[0], "spec", "replicas"),
    ]);
    expect(shown).toEqual([
      ["test", "test", 1],
      ["prod", "prod", 4],
    ]);
  });
});

describe("KubeVela 6408 and 6841", () => {
  const patch = (elements: string): KubeObject =>
    own(
      "TraitDefinition",
      "secrets",
      `patch: spec: template: spec: {
	// +patchKey=name
	containers: [{
		name: context.name
		// +patchKey=secretRef.name,configMapRef.name
		envFrom: ${elements}
	}]
}
parameter: {}
`,
    );
  const base = own(
    "ComponentDefinition",
    "mine",
    `output: {apiVersion: "apps/v1", kind: "Deployment", spec: template: spec: containers: [{
	name: context.name, envFrom: [{secretRef: name: "a"}, {configMapRef: name: "b"}]
}]}
parameter: {}
`,
  );
  const render = (elements: string): unknown => {
    const object = application("  components: [{name: web, type: mine, traits: [{type: secrets}]}]");
    const { groups, diagnostics } = dryRun({ application: object, definitions: definitions(base, patch(elements)) });
    expect(diagnostics.filter(({ severity }) => severity !== "warning")).toEqual([]);
    return valueAt(groups[0]?.objects[0], "spec", "template", "spec", "containers", 0, "envFrom");
  };
  it("merges a list by two keys", () => {
    expect(render('[{secretRef: name: "a"}, {configMapRef: name: "c"}]')).toEqual([
      { secretRef: { name: "a" } },
      { configMapRef: { name: "b" } },
      { configMapRef: { name: "c" } },
    ]);
  });
});
