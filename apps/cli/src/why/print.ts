import { type JsonValue, formatPath, isJsonObject } from "@lateen/base";
import { describeObject, toYaml } from "@lateen/objects";
import { type ExplainedLeaf, type ExplainedObject, nearestReasons } from "@lateen/delivery/pure";
import type { Terminal } from "../terminal.ts";
import { type PlaceOf, dependsText, lineText, reasonText, sharedReasons, siteText } from "./reason-text.ts";

interface Line {
  readonly text: string;
  readonly leaf: ExplainedLeaf | undefined;
}

/** Comments start here, unless a line is longer. */
const commentColumn = 44;

/** An object as YAML with the reason behind each leaf. */
export function printExplained(terminal: Terminal, explained: ExplainedObject, placeOf: PlaceOf): void {
  const { step, component, cluster, namespace, object, leaves } = explained;
  const where = `${cluster === "" ? "local" : cluster}/${namespace}`;
  const what = component === "" ? step : `${step}: component ${component}`;
  const shared = sharedReasons(explained);
  terminal.line(terminal.style(`# ${what} → ${where}: ${describeObject(object)}`, "bold"));
  for (const text of dependsText(shared, placeOf)) terminal.line(terminal.style(`# all of it ${text}`, "dim"));
  terminal.line("---");
  for (const { text, leaf } of linesOf(object as unknown as JsonValue, leaves)) {
    if (leaf === undefined) terminal.line(text);
    else
      terminal.line(`${text.padEnd(commentColumn)} ${terminal.style(`# ${lineText(leaf, shared, placeOf)}`, "dim")}`);
  }
}

function linesOf(object: JsonValue, leaves: readonly ExplainedLeaf[]): readonly Line[] {
  const byPath = new Map(leaves.map((leaf) => [JSON.stringify(leaf.path), leaf]));
  const lines: Line[] = [];
  write(object, { path: [], indent: "", head: "" });
  return lines;

  function write(value: JsonValue, at: { path: readonly (string | number)[]; indent: string; head: string }): void {
    const { path, indent, head } = at;
    const members = membersIn(value);
    if (members.length === 0) {
      const leaf = byPath.get(JSON.stringify(path));
      lines.push({ text: `${indent}${head}${scalarText(leaf?.value ?? value)}`, leaf });
      return;
    }
    const isElement = head.endsWith("- ");
    if (head !== "" && !isElement) lines.push({ text: `${indent}${head.trimEnd()}`, leaf: undefined });
    for (const [index, [part, member]] of members.entries()) {
      const isFirst = isElement && index === 0;
      const inner = head === "" ? indent : isFirst ? indent : `${indent}${isElement ? " ".repeat(head.length) : "  "}`;
      const own = typeof part === "number" ? "- " : `${keyText(part)}: `;
      write(member, { path: [...path, part], indent: inner, head: isFirst ? `${head}${own}` : own });
    }
  }
}

function membersIn(value: JsonValue): readonly (readonly [string | number, JsonValue])[] {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item, index) => [index, item] as const);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, member] as const]));
}

/** One line: several lines and folded texts as JSON strings. */
function scalarText(value: JsonValue): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const text = toYaml(value).trimEnd();
  return text.includes("\n") ? JSON.stringify(value) : text;
}

const keyText = (name: string): string => {
  const text = toYaml({ [name]: 0 }).trimEnd();
  return text.endsWith(": 0") && !text.includes("\n") ? text.slice(0, -3) : JSON.stringify(name);
};

/** One leaf with its whole chain, a line a link. */
export function printLeaf(terminal: Terminal, explained: ExplainedObject, leaf: ExplainedLeaf, placeOf: PlaceOf): void {
  const { object, step } = explained;
  terminal.line(
    `${terminal.style(`${describeObject(object)} ${formatPath(leaf.path)}`, "bold")} = ${scalarText(leaf.value)}   (step ${step})`,
  );
  terminal.line(`  written by ${siteText(leaf.site)}`);
  for (const text of leaf.site.within) terminal.line(`    within ${text}`);
  for (const reason of nearestReasons(leaf.reasons)) terminal.line(`  depends on ${reasonText(reason, placeOf)}`);
}

/** An explanation as data: every leaf with its path as text and the places in the person's file. */
export function explanationJson(explained: ExplainedObject, placeOf: PlaceOf): JsonValue {
  const { step, cluster, namespace, component, object, leaves } = explained;
  const data = {
    step,
    cluster,
    namespace,
    component,
    object: { apiVersion: object.apiVersion, kind: object.kind, name: object.metadata.name },
    leaves: leaves.map(({ path, value, site, reasons }) => ({
      path: formatPath(path),
      value,
      site,
      reasons: reasons.map((reason) => ({
        ...reason,
        path: formatPath(reason.path),
        pos: reason.isGiven ? placeOf(reason.path) : undefined,
      })),
    })),
  };
  return JSON.parse(JSON.stringify(data)) as JsonValue;
}
