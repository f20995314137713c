import { describe, expect, it } from "vitest";
import { type JsonValue, formatPath } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { builtinDefinitionSet } from "../definition/builtin.ts";
import { dryRun } from "../dry-run.ts";
import { definitionExamples, documentExamples } from "../testing/example-applications.ts";
import { type Explanation, explainApplication } from "./explain-application.ts";
import { changed, leafKey, madeObjects, pictureOf } from "./influence.ts";
import { inputsOf } from "./inputs.ts";
import { type Path, leavesOf, touches } from "./leaves.ts";

const definitions = builtinDefinitionSet();

/** What the server alone can render: references to objects that exist, charts. */
const unrendered = new Set(["ref-objects", "helmchart"]);
const examples = [...definitionExamples(), ...documentExamples()].filter(({ name, application }) => {
  if (unrendered.has(name)) return false;
  return dryRun({ application, definitions }).groups.some(({ objects }) => objects.length > 0);
});

/** Each leaf of an explanation, under the name that other renderings of it have. */
function leavesByKey(explanation: Explanation, application: KubeObject) {
  const made = madeObjects(dryRun({ application, definitions }), application);
  return new Map(
    explanation.objects.flatMap(({ leaves }, index) =>
      leaves.map((leaf) => [leafKey(made[index]!.key, leaf.path), leaf] as const),
    ),
  );
}

/** A value of the same kind that the explanation itself does not try. */
function otherValue(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === "string")
    return /^\d+\D*$/.test(value) ? value.replace(/^\d+/, (n) => String(Number(n) * 2 + 3)) : `${value}-changed`;
  if (typeof value === "number") return value * 2 + 3;
  return typeof value === "boolean" ? !value : undefined;
}

/** The leaves that a change makes others; none where it is refused. */
function differencesOf(application: KubeObject): (path: Path, change: JsonValue | undefined) => readonly string[] {
  const before = pictureOf(dryRun({ application, definitions }), application);
  const known = new Map<string, readonly string[]>();
  return (path, change) => {
    const question = JSON.stringify([path, change ?? "left out"]);
    const found = known.get(question);
    if (found !== undefined) return found;
    const next = changed({ application }, { path }, change);
    const run = dryRun({ ...next, definitions, diagnosis: "left out" });
    const isRefused = run.diagnostics.some(({ severity }) => severity !== "warning");
    const now = pictureOf(run, next.application);
    const differing = isRefused ? [] : [...before].flatMap(([key, value]) => (now.get(key) === value ? [] : [key]));
    known.set(question, differing);
    return differing;
  };
}

describe.each(examples)("the objects of $name", ({ application }) => {
  const explanation = explainApplication({ application, definitions });
  const byKey = leavesByKey(explanation, application);
  const differences = differencesOf(application);

  it("say of each leaf who wrote it, and templates where", () => {
    const leaves = explanation.objects.flatMap((one) => one.leaves);
    expect(leaves.length).toBe(
      explanation.objects.flatMap(({ object }) => leavesOf(object as unknown as JsonValue)).length,
    );
    const bare = leaves.filter(
      ({ site }) => site.text === "" || (site.by.kind !== "lateen" && (site.pos?.line ?? 0) < 1),
    );
    expect(bare.map(({ path, site }) => `${formatPath(path)} ${site.text}`)).toEqual([]);
  });

  it("change with a field only where they name it", () => {
    const unnamed: string[] = [];
    for (const input of inputsOf(application, definitions).filter(({ isGiven }) => isGiven)) {
      const other = otherValue(input.value);
      const changes = other === undefined ? [] : [other];
      for (const change of changes)
        for (const key of differences(input.path, change)) {
          const named = byKey.get(key)!.reasons.some(({ path }) => touches(path, input.path));
          if (!named) unnamed.push(`${formatPath(input.path)} → ${key}`);
        }
    }
    expect(unnamed).toEqual([]);
  });

  it("can each be reached by a change of a field that they name", () => {
    const unreached: string[] = [];
    const reached = new Map<string, Set<string>>();
    for (const input of inputsOf(application, definitions)) {
      const other = input.isGiven ? otherValue(input.value) : undefined;
      for (const change of [...(other === undefined ? [] : [other]), ...input.changes]) {
        for (const key of differences(input.path, change)) {
          const at = reached.get(key) ?? new Set();
          reached.set(key, at.add(formatPath(input.path)));
        }
      }
    }
    for (const [key, { reasons }] of byKey)
      for (const { path } of reasons)
        if (path.at(-1) !== "type" && reached.get(key)?.has(formatPath(path)) !== true)
          unreached.push(`${formatPath(path)} → ${key}`);
    expect(unreached).toEqual([]);
  });
});

describe("an explanation", () => {
  const { application } = documentExamples().find(({ name }) => name === "first-vela-app.yaml")!;
  const explanation = explainApplication({ application, definitions });

  it("costs nothing where nobody asks for it", () => {
    const { groups } = dryRun({ application, definitions });
    expect(groups.map(({ stages }) => stages)).toEqual(groups.map(() => undefined));
  });

  it("asks the renderer as often as there are other values, and about one component only where that is enough", () => {
    const inputs = inputsOf(application, definitions);
    expect(explanation.renderings).toBe(inputs.reduce((sum, { changes }) => sum + changes.length, 0));
    expect(explanation.renderings).toBeLessThan(400);
  });

  it("names the override that changed a field, the trait that wrote it, and the parameter", () => {
    const replicas = explanation.objects.map(({ step, leaves }) => [
      step,
      leaves.find(({ path }) => path.join(".") === "spec.replicas"),
    ]);
    expect(replicas[0]).toMatchObject([
      "deploy2default",
      { value: 1, site: { by: { kind: "trait", type: "scaler" } } },
    ]);
    const override = replicas.find(([step]) => step === "deploy2prod")?.[1];
    expect(override).toMatchObject({ value: 2, site: { by: { kind: "trait", type: "scaler" } } });
    expect((override as { reasons: readonly { of: string }[] }).reasons.map(({ of }) => of)).toContain(
      "policy deploy-ha (override)",
    );
  });
});
