import type { JsonObject } from "@lateen/base";
import { Context, type Value } from "../src/index.ts";
import { type Row, anchorFolder, anchorText, medianMs, parseJson } from "./inputs.ts";
import { beside } from "./peer.ts";

/** Anchor (a): a definition of the platform's kind is compiled once, filled, validated and exported many times. */
const context = { name: "web", appName: "shop", revision: "v3" };

const trait = `
parameter: {domain: string, http: [string]: int, class: *"nginx" | string}
outputs: service: {
	apiVersion: "v1"
	kind:       "Service"
	metadata: name: context.name
	spec: {
		selector: "app.example/component": context.name
		ports: [for _, v in parameter.http {port: v, targetPort: v}]
	}
}
outputs: ingress: {
	apiVersion: "networking.k8s.io/v1"
	kind:       "Ingress"
	metadata: name: context.name
	spec: {
		ingressClassName: parameter.class
		rules: [{
			host: parameter.domain
			http: paths: [for k, v in parameter.http {path: k, pathType: "Prefix", backend: service: {name: context.name, port: number: v}}]
		}]
	}
}
context: {...}
`;

function render(template: Value, parameter: JsonObject, paths: readonly string[]): string {
  const value = template.fillPath("context", context).fillPath("parameter", parameter);
  const wrong = value.validate();
  if (wrong.length > 0) throw new Error(wrong[0]!.message);
  return paths.map((path) => value.lookupPath(path).toJSONText()).join("");
}

export function bench(): Promise<Row[]> {
  if (anchorFolder() === undefined) return Promise.resolve([]);
  const source = anchorText("webservice.cue");
  const parameters = parseJson(anchorText("webservice-parameters.json")) as readonly JsonObject[];
  const outputs = ["output", "outputs"];
  const rows: Row[] = [
    {
      what: "(a) compile the definition, warm",
      figure: medianMs(() => void new Context().compile(source).err, { runs: 100, warmUp: 100 }),
      unit: "ms",
      ...beside("a/compile"),
      note: "goal ≤ 3 ms",
    },
  ];
  const template = new Context().compile(source);
  for (const [i, parameter] of parameters.entries()) {
    rows.push({
      what: `(a) fill, validate, export: parameters ${i}`,
      figure: medianMs(() => void render(template, parameter, outputs), { runs: 300, warmUp: 300 }),
      unit: "ms",
      ...beside(`a/fill-warm/${i}`),
      note: i === parameters.length - 1 ? "goal ≤ 0.25 ms" : "",
    });
  }
  rows.push(traitRow(), fillManyRow(template, parameters[1]!));
  return Promise.resolve(rows);
}

function traitRow(): Row {
  const template = new Context().compile(trait);
  const parameter = { domain: "shop.example", http: { "/": 80, "/api": 8080 } };
  return {
    what: "(a) fill, validate, export: a trait",
    figure: medianMs(() => void render(template, parameter, ["outputs"]), { runs: 500, warmUp: 500 }),
    unit: "ms",
    note: "goal ≤ 0.08 ms",
  };
}

/** What stays in memory of many fills of one template. */
function fillManyRow(template: Value, parameter: JsonObject): Row {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  const before = process.memoryUsage().heapUsed;
  const fills = 5000;
  for (let i = 0; i < fills; i++) render(template, parameter, ["output"]);
  collect?.();
  const grown = process.memoryUsage().heapUsed - before;
  return {
    what: "(a) heap after 5,000 fills",
    figure: grown / 2 ** 20,
    unit: "MiB",
    note: collect === undefined ? "without --expose-gc: garbage counts too" : "",
  };
}
