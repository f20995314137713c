/** A webservice with scaler and gateway, from parsed Application to objects, warm; and 100 components of one application. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { builtinDefinitionSet, dryRun } from "@lateen/delivery/pure";
import { type KubeObject, readManifests } from "@lateen/objects";
import { type Row, timeCalls } from "./lib/row.ts";

const definitions = builtinDefinitionSet();

function shop(components: number): KubeObject {
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "shop", namespace: "default" },
    spec: {
      components: Array.from({ length: components }, (_, i) => ({
        name: `web-${i}`,
        type: "webservice",
        properties: {
          image: "example.org/shop:1",
          ports: [{ port: 8080, expose: true }],
          env: [{ name: "A", value: "b" }],
          cpu: "0.5",
          memory: "128Mi",
        },
        traits: [
          { type: "scaler", properties: { replicas: 3 } },
          { type: "gateway", properties: { domain: "shop.example.org", http: { "/": 8080 } } },
        ],
      })),
    },
  };
}

function render(application: KubeObject): void {
  const { groups, diagnostics } = dryRun({ application, definitions });
  if (groups.length === 0)
    throw new Error(`nothing was rendered: ${diagnostics.map(({ message }) => message).join("; ")}`);
}

export function bench(): Promise<Row[]> {
  const one = timeCalls(60, () => render(shop(1)));
  const [a, b, c] = [25, 50, 100].map((count) => timeCalls(5, () => render(shop(count))));
  const { objects } = readManifests(
    readFileSync(resolve(process.env["LATEEN_ROOT"] ?? ".", "examples/first-vela-app.yaml"), "utf8"),
    { source: "example" },
  );
  const example = timeCalls(40, () => render(objects[0]!));
  return Promise.resolve([
    {
      what: "dry run of webservice + scaler + gateway, warm (validated and rendered)",
      figure: one,
      unit: "ms",
      reference: { name: "KubeVela's engine at its best, rendering alone", figure: 13 },
    },
    {
      what: "dry run of 100 such components",
      figure: c!,
      unit: "ms",
      growth: [a!, b!, c!],
      reference: { name: "KubeVela's engine, 100 plain webservices", figure: 10_000 },
      note: "growth: 25, 50, 100",
    },
    { what: "dry run of the example (two deploy steps)", figure: example, unit: "ms" },
  ]);
}
