import { type Diagnostic, formatDiagnostic } from "@lateen/base";
import { Context, type SourceFile, type Value, readDocument } from "../src/index.ts";

/**
 * A program as people have them, in one text: CUE files, packages and documents that are filled in. A line
 * `>> name.cue` begins a file, `>> package path` a package, `>> values.yaml at parameter` a document to be filled in
 * there. What stands before the first such line is `in.cue`.
 */
export interface Scenario {
  readonly files: readonly SourceFile[];
  readonly packages: readonly SourceFile[];
  readonly documents: readonly (SourceFile & { readonly path: string })[];
}

export function readScenario(text: string): Scenario {
  const files: SourceFile[] = [];
  const packages: SourceFile[] = [];
  const documents: (SourceFile & { readonly path: string })[] = [];
  const [before = "", ...parts] = text.split(/^>> /m);
  if (before !== "") files.push({ name: "in.cue", text: before });
  for (const part of parts) {
    const end = part.indexOf("\n");
    const head = part.slice(0, end);
    const body = part.slice(end + 1);
    const document = /^(\S+\.(?:yaml|json))(?: at (\S+))?$/.exec(head);
    if (document !== null) documents.push({ name: document[1]!, text: body, path: document[2] ?? "" });
    else if (head.startsWith("package ")) packages.push({ name: head.slice("package ".length), text: body });
    else files.push({ name: head, text: body });
  }
  return { files, packages, documents };
}

/** The value that a scenario makes. */
export function valueOf({ files, packages, documents }: Scenario): Value {
  const context = new Context();
  for (const { name, text } of packages) context.registerPackage(name, text);
  let value = context.buildInstance(files, { budget: { steps: 2_000_000, depth: 1000, bytes: 1 << 24 } });
  for (const { name, text, path } of documents) {
    const read = readDocument(text, { source: name });
    if (read.diagnostics.length > 0) throw new Error(read.diagnostics[0]!.message);
    value = value.fillPath(path, read.value, read.origin);
  }
  return value;
}

export function textOf({ files, packages, documents }: Scenario, source: string): string | undefined {
  const known = [...files, ...documents].find(({ name }) => name === source);
  return known?.text ?? packages.find(({ name }) => `${name}.cue` === source)?.text;
}

export function show(diagnostics: readonly Diagnostic[], scenario: Scenario): string {
  return diagnostics
    .map((diagnostic) => formatDiagnostic(diagnostic, { sourceText: (source) => textOf(scenario, source) }))
    .join("\n");
}
