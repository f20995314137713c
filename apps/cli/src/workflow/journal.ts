/** What steps did, from the journals that the controllers keep. */
import { type JsonValue, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { toYaml, valueAt } from "@lateen/objects";
import { type JournalLine, journalName, readJournal } from "@lateen/workflow";
import type { Terminal } from "../terminal.ts";
import type { WorkflowSubject } from "./subject.ts";

export async function readSubjectJournal(
  client: Client,
  { namespace, name }: WorkflowSubject,
  signal: AbortSignal,
): Promise<readonly JournalLine[]> {
  const reference = { apiVersion: "v1", kind: "ConfigMap", namespace, name: journalName(name) };
  try {
    const text = valueAt(await client.get(reference, { signal }), "data", "journal");
    return readJournal(typeof text === "string" ? text : "");
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** A call: when, which step, what; below it what went in and what came out. */
export function drawCall(line: JournalLine, paint: Terminal["style"]): string[] {
  const times = line.times === undefined ? "" : paint(`  ×${line.times}, last ${line.last ?? ""}`, "dim");
  const failed = line.error === undefined ? "" : `  ${paint("failed", "red")}`;
  return [
    `${paint(line.time, "dim")}  ${paint(line.step, "bold")}  ${line.operation}${failed}${times}`,
    ...part("in", line.params, paint),
    ...(line.answer === undefined ? [] : part("out", line.answer, paint)),
    ...(line.error === undefined ? [] : [`    ${paint(line.error, "red")}`]),
  ];
}

function part(heading: string, value: JsonValue, paint: Terminal["style"]): string[] {
  const text = typeof value === "string" ? value : toYaml(value);
  const lines = text.trimEnd().split("\n");
  if (lines.length === 1) return [`    ${paint(heading, "dim")} ${lines[0]!}`];
  return [`    ${paint(heading, "dim")}`, ...lines.map((one) => `      ${one}`)];
}
