import { formatPath } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { describe, expect, it } from "vitest";
import { builtinDefinitionSet } from "../definition/builtin.ts";
import { diagnoseApplication } from "./diagnose.ts";

const application = (spec: object): KubeObject => ({
  apiVersion: "core.oam.dev/v1beta1",
  kind: "Application",
  metadata: { name: "shop", namespace: "default" },
  spec,
});
const web = (properties: object, more: object = {}): object => ({
  components: [{ name: "web", type: "webservice", properties, ...more }],
});

function faults(spec: object): readonly string[] {
  return diagnoseApplication(application(spec), builtinDefinitionSet()).map(
    ({ severity, path, message }) => `${severity === "warning" ? "warning: " : ""}${formatPath(path)}: ${message}`,
  );
}

describe("what is refused", () => {
  const image = "nginx";
  const cases: readonly (readonly [string, object, readonly (string | RegExp)[]])[] = [
    [
      "a wrong parameter type",
      web({ image, ports: [{ port: "eighty" }] }),
      [
        /^spec\.components\[0\]\.properties\.ports\[0\]\.port: expected int, found "eighty" \(a string\) \(declared at definitions\/components\/webservice\.cue:\d+\)$/,
      ],
    ],
    [
      "a wrong parameter beside an override policy",
      {
        ...web({ image, ports: [{ port: "8000", expose: true }] }),
        policies: [
          {
            name: "o",
            type: "override",
            properties: {
              components: [{ type: "webservice", traits: [{ type: "scaler", properties: { replicas: 2 } }] }],
            },
          },
        ],
      },
      [/^spec\.components\[0\]\.properties\.ports\[0\]\.port: expected int, found "8000" \(a string\)/],
    ],
    [
      "a value that is none of the allowed ones",
      web({ image, imagePullPolicy: "Sometimes" }),
      [
        /^spec\.components\[0\]\.properties\.imagePullPolicy: expected "Always" or "Never" or "IfNotPresent", found "Sometimes"/,
      ],
    ],
    [
      "a missing required parameter",
      web({ port: 80 }),
      [
        /^spec\.components\[0\]\.properties\.image: a value is required: string \(declared at definitions\/components\/webservice\.cue:\d+\)$/,
      ],
    ],
    [
      "an unknown parameter",
      web({ image, imgae: "x" }),
      [/^spec\.components\[0\]\.properties\.imgae: webservice has no parameter "imgae" \(did you mean "image"\?\)$/],
    ],
    [
      "an unknown parameter inside a list",
      web({ image, ports: [{ port: 80, exposed: true }] }),
      [
        /^spec\.components\[0\]\.properties\.ports\[0\]\.exposed: webservice has no parameter .*\(did you mean "expose"\?\)$/,
      ],
    ],
    [
      "a wrong parameter of a trait",
      web({ image }, { traits: [{ type: "scaler", properties: { replicas: "two" } }] }),
      [
        /^spec\.components\[0\]\.traits\[0\]\.properties\.replicas: expected .*int, found "two" \(a string\) \(declared at definitions\/traits\/scaler\.cue:\d+\)$/,
      ],
    ],
    [
      "an unknown component type",
      { components: [{ name: "web", type: "webservise", properties: { image } }] },
      [/^spec\.components\[0\]\.type: unknown component type "webservise" \(did you mean "webservice"\?\)$/],
    ],
    [
      "an unknown trait type",
      web({ image }, { traits: [{ type: "scalar" }] }),
      [/^spec\.components\[0\]\.traits\[0\]\.type: unknown trait type "scalar" \(did you mean "scaler"\?\)$/],
    ],
    [
      "a component's name given twice",
      {
        components: [
          { name: "a", type: "worker", properties: { image } },
          { name: "a", type: "worker", properties: { image } },
        ],
      },
      [/^spec\.components\[1\]\.name: duplicated component name a/],
    ],
    [
      "a policy that nobody declares",
      {
        ...web({ image }),
        policies: [{ name: "target-default", type: "topology", properties: { clusters: ["local"] } }],
        workflow: { steps: [{ name: "d", type: "deploy", properties: { policies: ["target-defualt"] } }] },
      },
      [
        /^spec\.workflow\.steps\[0\]\.properties\.policies\[0\]: policy "target-defualt" is not declared in spec\.policies \(did you mean "target-default"\?\)$/,
      ],
    ],
    [
      "a wrong parameter of a step",
      { ...web({ image }), workflow: { steps: [{ name: "d", type: "deploy", properties: { parallelism: "many" } }] } },
      [/^spec\.workflow\.steps\[0\]\.properties\.parallelism: expected .*int, found "many"/],
    ],
    ["no components", {}, [/^spec\.components: an Application needs a list of components$/]],
    [
      "properties that are no object",
      { components: [{ name: "a", type: "worker", properties: ["x"] }] },
      [/^spec\.components\[0\]\.properties: properties must be an object/],
    ],
  ];
  it.each(cases)("%s", (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });
});

describe("what passes", () => {
  it("accepts the parameters that each trait of a component declares, also where they read the component", () => {
    const traits = [
      { type: "env", properties: { env: { A: "b" } } },
      { type: "expose", properties: { port: [80] } },
      { type: "gateway", properties: { domain: "x.io", http: { "/": 80 } } },
      { type: "storage", properties: { emptyDir: [{ name: "tmp", mountPath: "/tmp" }] } },
    ];
    expect(faults(web({ image: "nginx", ports: [{ port: 80 }] }, { traits }))).toEqual([]);
  });

  it("accepts a required parameter that an override policy brings", () => {
    const policies = [
      { name: "o", type: "override", properties: { components: [{ name: "web", properties: { image: "nginx" } }] } },
    ];
    expect(faults({ ...web({ port: 80 }), policies })).toEqual([]);
  });

  it("warns of a trait that is made for other workloads", () => {
    const spec = {
      components: [{ name: "job", type: "task", properties: { image: "x" }, traits: [{ type: "scaler" }] }],
    };
    expect(faults(spec)).toEqual([
      expect.stringMatching(
        /^warning: spec\.components\[0\]\.traits\[0\]\.type: trait scaler is made for deployments\.apps/,
      ),
    ]);
  });
});

describe("what can select, take and mean nothing", () => {
  const image = "nginx";
  const two = (more: object = {}): object => ({
    components: [
      { name: "web", type: "webservice", properties: { image } },
      { name: "jobs", type: "worker", properties: { image }, ...more },
    ],
  });
  const policy = (type: string, properties: object): object => ({
    ...two(),
    policies: [{ name: "p", type, properties }],
  });
  const cases: readonly (readonly [string, object, readonly string[]])[] = [
    [
      "a selector of an override",
      policy("override", { selector: ["wbe"] }),
      [
        'spec.policies[0].properties.selector[0]: policy p selects component "wbe", of which the application has none (did you mean "web"?)',
      ],
    ],
    [
      "the name of a component that an override adds",
      policy("override", { components: [{ name: "new", type: "worker", properties: { image } }], selector: ["new"] }),
      [],
    ],
    [
      "a type that an override changes",
      policy("override", { components: [{ type: "task", properties: { image } }] }),
      [
        'spec.policies[0].properties.components[0].type: policy p selects components of type "task", of which the application has none',
      ],
    ],
    [
      "a rule for components that there are not",
      policy("garbage-collect", { rules: [{ selector: { componentNames: ["web", "jbos"] }, strategy: "never" }] }),
      [
        'spec.policies[0].properties.rules[0].selector.componentNames[1]: policy p selects objects of component "jbos", of which the application has none (did you mean "jobs"?)',
      ],
    ],
    [
      "an input that nothing gives",
      two({ inputs: [{ from: "address", parameterKey: "image" }] }),
      ['spec.components[1].inputs[0].from: nothing gives "address": no component or step has such an output'],
    ],
    ["an input from the context", two({ inputs: [{ from: "context.name", parameterKey: "image" }] }), []],
    [
      "steps that wait for each other",
      {
        ...two(),
        workflow: {
          steps: [
            { name: "a", type: "suspend", dependsOn: ["b"] },
            { name: "b", type: "suspend", dependsOn: ["a"] },
          ],
        },
      },
      ["spec.workflow.steps[0].dependsOn: steps depend on each other in a circle: a → b → a"],
    ],
    [
      "a field that no component has",
      two({ trait: [] }),
      ['spec.components[1].trait: a component has no field "trait" (did you mean "traits"?)'],
    ],
    [
      "an amount that is none",
      web({ image, memory: "512mb" }),
      ['spec.components[0].properties.memory: "512mb" is no amount that Kubernetes knows (did you mean "512Mi"?)'],
    ],
  ];

  it.for(cases)("%s", ([, spec, expected]) => {
    expect(faults(spec)).toEqual(expected);
  });

  it.for(cases)("is let pass with a warning by validation: kubevela: %s", ([, spec, expected]) => {
    const found = diagnoseApplication(application(spec), builtinDefinitionSet(), { validation: "kubevela" });
    expect(found.map(({ severity, message }) => [severity, message])).toEqual(
      expected.map((line) => ["warning", line.slice(line.indexOf(": ") + 2)]),
    );
  });
});
