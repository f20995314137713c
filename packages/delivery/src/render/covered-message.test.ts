import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonObject, withoutTexts } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { builtinDefinitions } from "../definition/builtin.ts";
import { createDefinitionSet } from "../definition/definition-set.ts";
import { readDefinition } from "../definition/read-definition.ts";
import { dryRun } from "../dry-run.ts";
import { secretTexts, withoutValues } from "./covered-message.ts";

const { definition } = readDefinition(
  `vault: {type: "component", description: ""}
template: {
	output: {
		apiVersion: "v1"
		kind:       "Secret"
		stringData: word: parameter.password & "expected"
		metadata: annotations: hint: parameter.hint & parameter.password
	}
	parameter: {password: string, hint: *password | string, port: *1 | int, token?: int}
}
`,
  { filename: "vault.cue", namespace: "vela-system" },
);
const definitions = createDefinitionSet([...builtinDefinitions(), definition!]);

function messagesOf(type: string, properties: JsonObject): string {
  const application: KubeObject = {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "shop", namespace: "default" },
    spec: { components: [{ name: "front", type, properties }] },
  };
  const { diagnostics } = dryRun({ application, definitions });
  expect(diagnostics).not.toEqual([]);
  return diagnostics.map(({ message }) => message).join("\n");
}

describe("a message about a secret", () => {
  it("says the type that it has, not the value", () => {
    const text = messagesOf("vault", { password: "expected", token: "hunter-two" });
    expect(text).toContain("expected int, found a string");
    expect(text).not.toContain("hunter-two");
    expect(messagesOf("vault", { password: "expected", port: "many" })).toContain('found "many" (a string)');
  });

  it("says which field contradicts, without either value", () => {
    const text = messagesOf("vault", { password: "hunter-two" });
    expect(text).toMatch(/stringData\.word: conflicting values "?\*\*\*/);
    expect(text).not.toContain("hunter-two");
  });

  it("covers the value wherever a template has put it", () => {
    const text = messagesOf("vault", { password: "expected", hint: "another-text" });
    expect(text).toContain("annotations.hint");
    expect(text).toContain("another-text");
    expect(text).not.toMatch(/hint: .*"expected"/);
  });

  it("covers the value of a variable whose name says so", () => {
    const text = messagesOf("webservice", { image: "nginx", env: [{ name: "DB_PASSWORD", value: 19_283_746 }] });
    expect(text).toContain("expected string, found a number");
    expect(text).not.toContain("19283746");
  });
});

describe("covering", () => {
  it("takes every text, bytes and number out of a message of CUE", () => {
    expect(withoutValues(`conflicting values "a\\"b" and 'c' (mismatched types string and bytes), 12.5, x1`)).toBe(
      "conflicting values *** and *** (mismatched types string and bytes), ***, x1",
    );
  });

  it("leaves no secret of four letters or more in any message", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^*" ]{4,12}$/), fc.string(), (secret, around) => {
        const texts = secretTexts({ db: { password: secret } });
        const covered = withoutTexts(`${JSON.stringify(secret)} ${secret}`, texts);
        expect(covered).not.toContain(secret);
        expect(secretTexts({ plain: around })).toEqual([]);
      }),
    );
  });
});
