/** Amounts of processor and memory that no server takes: `512mb`, `0,5`. */
import { type Diagnostic, type Fix, type JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { RenderedComponent } from "../render/render-component.ts";
import { leavesOf } from "../why/leaves.ts";
import { amountMeant, isQuantity } from "./amounts.ts";
import type { AppComponent } from "./application.ts";
import { type Path, fault } from "./fault.ts";

/** Faults of the amounts that a component's objects ask for, at the property that says them. */
export function quantityFaults(
  rendered: RenderedComponent,
  component: AppComponent,
  path: Path,
): readonly Diagnostic[] {
  const objects = [rendered.workload, ...rendered.outputs.map(({ object }) => object)];
  const wrong = new Set(objects.flatMap(wrongAmounts));
  if (wrong.size === 0) return [];
  const given = [
    { properties: component.properties, at: [...path, "properties"] },
    ...component.traits.map(({ properties }, index) => ({ properties, at: [...path, "traits", index, "properties"] })),
  ];
  return given.flatMap(({ properties, at }) =>
    leavesOf((properties ?? {}) as JsonValue).flatMap(({ path: inner, value }) =>
      typeof value === "string" && wrong.has(value) ? [amountFault(value, [...at, ...inner])] : [],
    ),
  );
}

function wrongAmounts(object: KubeObject): readonly string[] {
  return leavesOf(object as unknown as JsonValue).flatMap(({ path, value }) => {
    const holder = path.at(-2);
    const isAmount = path.at(-3) === "resources" && (holder === "requests" || holder === "limits");
    return isAmount && typeof value === "string" && !isQuantity(value) ? [value] : [];
  });
}

function amountFault(value: string, path: Path): Diagnostic {
  const meant = amountMeant(value);
  const shown = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant.value)}?)`;
  const message = `${JSON.stringify(value)} is no amount that Kubernetes knows${shown}`;
  const fix: Fix | undefined = meant?.isCertain === true ? { kind: "replace", path, value: meant.value } : undefined;
  return {
    ...fault("quantity-wrong", message, path, "write 500m or 0.5 for processors, 512Mi or 1Gi for memory"),
    ...(fix === undefined ? {} : { fix }),
  };
}
