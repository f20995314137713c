import type { KubeObject } from "@lateen/objects";
import { describe, expect, it } from "vitest";
import { type DefinitionAdmitterOptions, admitDefinition } from "./definition-admission.ts";
import { builtinDefinitions } from "./definition/builtin.ts";
import { diagnoseDefinition } from "./definition/diagnose-definition.ts";
import { knownOperations } from "./controller/step-providers.ts";

const definition = (kind: string, template: string, more: Record<string, unknown> = {}): KubeObject =>
  ({
    apiVersion: "core.oam.dev/v1beta1",
    kind,
    metadata: { name: "mine", namespace: "default" },
    spec: { ...more, schematic: { cue: { template } } },
  }) as unknown as KubeObject;

function judged(object: KubeObject, options: DefinitionAdmitterOptions = {}): string {
  const answer = admitDefinition({ operation: "CREATE", kind: object.kind, object }, options);
  if (answer.kind === "denied") return `denied: ${answer.status.message}`;
  return (answer.warnings ?? []).length === 0 ? "allowed" : `warned: ${(answer.warnings ?? []).join("; ")}`;
}

/** Steps in TypeScript bring providers of their own. */
const containers = { container: { run: async () => undefined } };

const deployment = 'output: {apiVersion: "apps/v1", kind: "Deployment", spec: replicas: parameter.size}\n';

describe("the admission of a definition", () => {
  it("lets pass a template that makes an object of its parameter", () => {
    expect(judged(definition("ComponentDefinition", `${deployment}parameter: size: int`))).toBe("allowed");
  });

  it.each([
    ["that does not parse", "output: {\nparameter: {}", /spec\.schematic\.cue\.template: .*expected '}'.*mine:\d+:\d+/],
    [
      "with a name that nothing declares",
      "output: kind: unknwon.kind\nparameter: {}",
      /reference "unknwon" not found .*mine:1:15/,
    ],
    ["that contradicts itself", 'output: {kind: "A", kind: "B"}\nparameter: {}', /output\.kind: conflicting values/],
    [
      "with a package that is not there",
      'import "vela/nothing"\noutput: nothing.#A\nparameter: {}',
      /"vela\/nothing" undefined/,
    ],
    [
      "with operands of the wrong types",
      'output: {kind: "A", n: parameter.name + 1}\nparameter: name: string',
      /invalid operands/,
    ],
  ])("refuses a template %s, with its place", (_, template, message) => {
    expect(judged(definition("ComponentDefinition", template))).toMatch(message);
  });

  it("refuses a function that its package has not got, and names the nearest", () => {
    const step = definition(
      "WorkflowStepDefinition",
      'import "vela/kube"\napply: kube.#Aply & {$params: value: {}}\nparameter: {}',
    );
    expect(judged(step)).toMatch(/"vela\/kube" has no #Aply \(did you mean #Apply\?\) .*:2:13/);
  });

  it("refuses a provider call that nobody answers", () => {
    const step = definition("WorkflowStepDefinition", 'call: {#do: "fly", #provider: "plane"}\nparameter: {}');
    const knows = (provider: string, operation: string): boolean => provider === "kube" && operation === "apply";
    expect(judged(step, { knows })).toMatch(/no provider answers #do: "fly" of "plane"/);
    expect(judged(step)).toBe("allowed");
  });

  it("says why the old schematics do not work", () => {
    const old = {
      apiVersion: "core.oam.dev/v1beta1",
      kind: "ComponentDefinition",
      metadata: { name: "old" },
      spec: { schematic: { kube: { template: {} } } },
    } as unknown as KubeObject;
    expect(judged(old)).toMatch(/schematic\.kube is not supported.*/);
  });

  it("asks a global policy for its scope and for defaults", () => {
    const policy = definition("PolicyDefinition", "output: {}\nparameter: team: string", { global: true, priority: 3 });
    expect(judged(policy)).toMatch(/scope Application[\s\S]*team need a default/);
  });

  it("keeps to versions of three numbers, and to one name for a revision", () => {
    expect(judged(definition("TraitDefinition", "patch: {}\nparameter: {}", { version: "1.x" }))).toMatch(/no x\.y\.z/);
    const named = definition("TraitDefinition", "patch: {}\nparameter: {}", { version: "1.0.0" });
    const both = {
      ...named,
      metadata: { ...named.metadata, annotations: { "definitionrevision.oam.dev/name": "first" } },
    };
    expect(judged(both)).toMatch(/exclude each other/);
  });

  it("lets pass in KubeVela's mode what still parses, and names it", () => {
    const wrong = definition("ComponentDefinition", "output: kind: unknwon.kind\nparameter: {}");
    expect(judged(wrong, { validation: "kubevela" })).toMatch(/^warned: .*unknwon/);
  });

  it("never refuses a write that leaves the spec alone", () => {
    const object = definition("ComponentDefinition", "output: {");
    expect(admitDefinition({ operation: "UPDATE", kind: object.kind, object, oldObject: object }, {}).kind).toBe(
      "allowed",
    );
  });

  it("has nothing against the definitions that come along", () => {
    const found = builtinDefinitions().flatMap((one) =>
      diagnoseDefinition(one, { knows: knownOperations([containers]) }).map(
        ({ message }) => `${one.kind} ${one.metadata.name}: ${message}`,
      ),
    );
    expect(found).toEqual([]);
  });
});
