/** Components that depend on what is not there, or on each other in a circle. */
import type { Diagnostic, JsonObject } from "@lateen/base";
import { suggestion } from "../definition/definition-set.ts";
import { type App, textOf } from "./application.ts";
import { fault } from "./fault.ts";
import { nameFix } from "./fixes.ts";
import { stepNames, stepsOf } from "./input-check.ts";

export function dependencyFaults(app: App): readonly Diagnostic[] {
  const names = app.components.map(({ name }) => name);
  const unknown = app.components.flatMap((component, index) =>
    component.dependsOn.flatMap((name, at) =>
      names.includes(name)
        ? []
        : [
            {
              ...fault(
                "component-unknown",
                `component ${component.name} depends on ${name}, which is not a component of the application${suggestion(name, names)}`,
                ["spec", "components", index, "dependsOn", at],
              ),
              ...nameFix(
                ["spec", "components", index, "dependsOn", at],
                name,
                names.filter((one) => one !== component.name),
              ),
            },
          ],
    ),
  );
  const cycle = dependencyCycle(new Map(app.components.map(({ name, dependsOn }) => [name, dependsOn])));
  const circle =
    cycle === undefined
      ? []
      : [
          fault("dependency-cycle", `components depend on each other in a circle: ${cycle.join(" → ")}`, [
            "spec",
            "components",
            names.indexOf(cycle[0]!),
            "dependsOn",
          ]),
        ];
  return [...unknown, ...circle, ...stepFaults(app)];
}

function stepFaults(app: App): readonly Diagnostic[] {
  const steps = stepsOf(app);
  const known = steps.flatMap(stepNames);
  const unknown = steps.flatMap(({ step, path }) =>
    dependenciesOf(step).flatMap((name, at) => {
      if (known.includes(name)) return [];
      const place = [...path, "dependsOn", at];
      const others = known.filter((one) => one !== step.name);
      const message = `step ${textOf(step.name)} depends on ${name}, which is no step of the workflow${suggestion(name, others)}`;
      return [
        { ...fault("step-unknown", message, place, `there are ${known.join(", ")}`), ...nameFix(place, name, others) },
      ];
    }),
  );
  const cycle = dependencyCycle(new Map(steps.map(({ step }) => [textOf(step.name), dependenciesOf(step)])));
  const first = steps.find(({ step }) => step.name === cycle?.[0]);
  if (cycle === undefined || first === undefined) return unknown;
  const message = `steps depend on each other in a circle: ${cycle.join(" → ")}`;
  return [...unknown, fault("dependency-cycle", message, [...first.path, "dependsOn"])];
}

const dependenciesOf = ({ dependsOn }: JsonObject): readonly string[] =>
  Array.isArray(dependsOn) ? dependsOn.filter((name): name is string => typeof name === "string") : [];

function dependencyCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const path: string[] = [];
    const stack: (string | undefined)[] = [start];
    for (let name = stack.pop(); path.length > 0 || name !== undefined; name = stack.pop()) {
      if (name === undefined) {
        done.add(path.pop()!);
        if (stack.length === 0) break;
        continue;
      }
      if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
      if (done.has(name)) continue;
      path.push(name);
      stack.push(undefined, ...(edges.get(name) ?? []).filter((next) => edges.has(next)));
    }
  }
  return undefined;
}
