import type { JsonValue } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtinTypeOf } from "../built-in-types.ts";
import type { TypeFacts } from "../kind.ts";
import { readJsonText } from "./json-text.ts";
import { decodeTyped, typedForm } from "./typed-form.ts";

function typeOf(group: string, kind: string): TypeFacts {
  const type = builtinTypeOf({ group, version: "v1", kind });
  if (type === undefined) throw new Error(`no type ${kind}`);
  return type;
}

const deployment = typeOf("apps", "Deployment");
const configMap = typeOf("", "ConfigMap");

function decode(text: string, type: TypeFacts = deployment): ReturnType<typeof decodeTyped> {
  const read = readJsonText(text);
  return decodeTyped(read.value, type, read);
}

describe("the typed form", () => {
  it("writes what the Go struct always writes and leaves out what it omits", () => {
    expect(decode('{"metadata":{"labels":null,"annotations":{}},"spec":null}').object).toEqual({
      metadata: {},
      spec: { selector: null, strategy: {}, template: { metadata: {}, spec: { containers: null } } },
      status: {},
    });
  });

  it("keeps the zero of a pointer and drops that of a plain field", () => {
    const spec = decode('{"spec":{"replicas":0,"minReadySeconds":0}}').object["spec"] as Record<string, JsonValue>;
    expect(spec["replicas"]).toBe(0);
    expect(spec).not.toHaveProperty("minReadySeconds");
  });

  it("makes quantities and times canonical", () => {
    const pod = typedForm(
      {
        metadata: { creationTimestamp: "2026-01-02T03:04:05.9+02:00" },
        spec: { containers: [{ name: "a", resources: { limits: { cpu: 0.5, memory: "1024Mi" } } }] },
      },
      typeOf("", "Pod"),
    );
    expect(pod["metadata"]).toEqual({ creationTimestamp: "2026-01-02T01:04:05Z" });
    expect(pod["spec"]).toEqual({
      containers: [{ name: "a", resources: { limits: { cpu: "500m", memory: "1Gi" } } }],
    });
  });

  it("treats __proto__ as a key like any other", () => {
    const { object } = decode('{"data":{"__proto__":"x","constructor":"y"}}', configMap);
    expect(JSON.stringify(object["data"])).toBe('{"__proto__":"x","constructor":"y"}');
  });

  it("does not change when it is read again", () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(value, value, value, (metadata, data, spec) => {
        const once = decodeTyped({ metadata, data, spec } as JsonValue, configMap).object;
        expect(decodeTyped(once, configMap)).toEqual({ object: once, strictErrors: [], error: undefined });
      }),
    );
  });
});

describe("strict errors", () => {
  it("name unknown and duplicate fields with their paths, in the order of the document", () => {
    const text = '{"spec":{"replicas":1,"template":{"spec":{"containers":[{"nmae":"a"}]}},"replicas":2},"foo":1}';
    expect(decode(text).strictErrors).toEqual([
      'duplicate field "spec.replicas"',
      'unknown field "spec.template.spec.containers[0].nmae"',
      'unknown field "foo"',
    ]);
  });

  it("call a field that is both unknown and duplicate unknown only", () => {
    expect(decode('{"x":1,"x":2,"data":{"k":"1","k":"2"}}', configMap).strictErrors).toEqual([
      'unknown field "x"',
      'duplicate field "data.k"',
    ]);
  });

  it("are case-sensitive", () => {
    expect(decode('{"Spec":{}}').strictErrors).toEqual(['unknown field "Spec"']);
  });
});

describe("values of a wrong type", () => {
  it.each([
    [
      '{"spec":{"replicas":"2"}}',
      "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    ['{"spec":{"replicas":2.0}}', "number 2.0 into Go struct field DeploymentSpec.spec.replicas of type int32"],
    ['{"spec":{"replicas":3000000000}}', "number 3000000000 into Go struct field DeploymentSpec.spec.replicas"],
    [
      '{"metadata":{"labels":{"a":true}}}',
      "cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
    ],
    [
      '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":{}}}}}',
      "RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
    ],
    [
      '{"spec":{"template":{"spec":{"containers":{}}}}}',
      "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    ],
  ])("%s", (text, message) => {
    expect(decode(text).error).toContain(message);
  });

  it("say where base64 goes wrong", () => {
    const secret = typeOf("", "Secret");
    expect(decode('{"data":{"a":"not base64!"}}', secret).error).toBe("illegal base64 data at input byte 3");
    expect(decode('{"data":{"a":5}}', secret).error).toContain("Secret.data of type []uint8");
  });
});

describe("JSON text", () => {
  it("finds duplicates whatever the strings hold", () => {
    const { duplicates } = readJsonText('{"a":{"b:\\"":1,"b:\\"":2},"c":["a:b",{"d":1,"d":2}]}');
    expect(duplicates).toEqual(['a.b:"', "c[1].d"]);
  });

  it("finds nothing in what JSON.stringify writes of integers", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        // Integers that a double cannot hold exactly are refused; the test below says so.
        fc.pre(hasOnlyExactIntegers(value));
        const text = JSON.stringify(value);
        expect(readJsonText(text).duplicates).toEqual([]);
        expect(readJsonText(text).value).toEqual(JSON.parse(text));
      }),
    );
  });
});

function hasOnlyExactIntegers(value: unknown): boolean {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== "object" || value === null || Object.values(value).every(hasOnlyExactIntegers);
}
