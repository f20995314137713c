/** Components that depend on what is not there, or on each other in a circle. */
import type { Diagnostic } from "@lateen/base";
import { suggestion } from "../definition/definition-set.ts";
import type { App } from "./application.ts";
import { fault } from "./fault.ts";

export function dependencyFaults(app: App): readonly Diagnostic[] {
  const names = app.components.map(({ name }) => name);
  const unknown = app.components.flatMap((component, index) =>
    component.dependsOn.flatMap((name, at) =>
      names.includes(name)
        ? []
        : [
            fault(
              "component-unknown",
              `component ${component.name} depends on ${name}, which is not a component of the application${suggestion(name, names)}`,
              ["spec", "components", index, "dependsOn", at],
            ),
          ],
    ),
  );
  const cycle = dependencyCycle(app);
  return cycle === undefined
    ? unknown
    : [
        ...unknown,
        fault("dependency-cycle", `components depend on each other in a circle: ${cycle.join(" → ")}`, [
          "spec",
          "components",
          names.indexOf(cycle[0]!),
          "dependsOn",
        ]),
      ];
}

function dependencyCycle(app: App): readonly string[] | undefined {
  const edges = new Map(app.components.map(({ name, dependsOn }) => [name, dependsOn]));
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
