/**
 * Mends a manifest as its author would: the certain fixes of what is wrong are written into the text, field by field, so
 * that comments and layout stay. After each round the text is read and looked at again, until nothing certain is left.
 */
import { type Diagnostic, type Fix, type JsonValue, type Pos, jsonEquals } from "@lateen/base";
import { type KubeObject, type Manifests, readManifests } from "@lateen/objects";
import { type DiagnoseOptions, diagnoseApplication } from "../application/diagnose.ts";
import type { DefinitionSource } from "../definition/definition-set.ts";
import { dryRun } from "../dry-run.ts";
import { lookupFieldAt, withFieldAt } from "../render/field-path.ts";

export interface FixOptions extends DiagnoseOptions {
  /** Name of the file, for places. */
  readonly source: string;
  readonly definitions: DefinitionSource;
  /** Of Applications that name none. */
  readonly namespace?: string;
}

/** What a text says wrong, each at its place in it. */
export interface CheckedText {
  readonly diagnostics: readonly Diagnostic[];
  /** Objects that its Applications render to; none where something is wrong. */
  readonly objects: number;
}

export interface AppliedFix {
  readonly fix: Fix;
  readonly pos: Pos;
  /** Of what it mends. */
  readonly message: string;
}

export interface FixedText extends CheckedText {
  readonly text: string;
  readonly applied: readonly AppliedFix[];
}

const isApplication = ({ apiVersion, kind }: KubeObject): boolean =>
  kind === "Application" && typeof apiVersion === "string" && apiVersion.startsWith("core.oam.dev/");

const isError = ({ severity }: Diagnostic): boolean => severity !== "warning";

interface Found {
  readonly index: number;
  readonly diagnostic: Diagnostic;
}

function faultsOf(text: string, read: Manifests, options: FixOptions): readonly Found[] {
  return read.objects.flatMap((object, index) =>
    isApplication(object)
      ? diagnoseApplication(placed(object, options), options.definitions, options).map((diagnostic) => ({
          index,
          diagnostic: { ...diagnostic, pos: placeOf(text, read, { index, diagnostic }) },
        }))
      : [],
  );
}

const wrongNames: ReadonlySet<string> = new Set(["parameter-undeclared", "field-undeclared"]);

/** The value that is wrong, or the name where that is. */
function placeOf(text: string, read: Manifests, { index, diagnostic }: Found): Pos {
  const pos = read.positionOf(index, diagnostic.path);
  const key = wrongNames.has(diagnostic.code) ? read.rangeOf(index, diagnostic.path, "key") : undefined;
  if (key === undefined) return pos;
  const before = text.slice(0, key.start);
  const line = before.split("\n").length;
  return { ...pos, offset: key.start, line, column: key.start - before.lastIndexOf("\n") };
}

const placed = (object: KubeObject, { namespace = "default" }: FixOptions): KubeObject => ({
  ...object,
  metadata: { namespace, ...object.metadata },
});

/** Everything that is wrong with the Applications of a text, in the order of its lines. */
export function checkText(text: string, options: FixOptions): CheckedText {
  const read = readManifests(text, { source: options.source });
  const found = faultsOf(text, read, options).map(({ diagnostic }) => diagnostic);
  const diagnostics = [...read.diagnostics, ...found];
  if (diagnostics.some(isError)) return { diagnostics, objects: 0 };
  const runs = read.objects
    .filter(isApplication)
    .map((object) => dryRun({ ...options, application: placed(object, options), diagnosis: "left out" }));
  const failed = runs.flatMap((run, index) =>
    run.diagnostics.map((one) => ({ ...one, pos: read.positionOf(index, one.path) })),
  );
  const objects = runs.flatMap(({ groups }) => groups.flatMap((group) => group.objects)).length;
  return { diagnostics: [...diagnostics, ...failed], objects };
}

const maxRounds = 10;

export function fixText(given: string, options: FixOptions): FixedText {
  let text = given;
  const applied: AppliedFix[] = [];
  for (let round = 0; round < maxRounds; round++) {
    const read = readManifests(text, { source: options.source });
    // A text that cannot be read whole is not changed.
    if (read.diagnostics.length > 0) break;
    const done = applyFixes(text, read, faultsOf(text, read, options));
    if (done.applied.length === 0) break;
    applied.push(...done.applied);
    text = done.text;
  }
  return { text, applied, ...checkText(text, options) };
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly applied: AppliedFix;
}

function applyFixes(text: string, read: Manifests, found: readonly Found[]): { text: string; applied: AppliedFix[] } {
  const edits: Edit[] = [];
  for (const { index, diagnostic } of found) {
    const { fix } = diagnostic;
    if (fix === undefined || !isError(diagnostic)) continue;
    const edit = editOf(text, read, { index, fix, diagnostic });
    if (edit !== undefined && edits.every(({ start, end }) => edit.end <= start || edit.start >= end)) edits.push(edit);
  }
  const ordered = edits.toSorted((a, b) => b.start - a.start);
  let next = text;
  for (const { start, end, text: replacement } of ordered) next = next.slice(0, start) + replacement + next.slice(end);
  return { text: next, applied: ordered.toReversed().map((edit) => edit.applied) };
}

function editOf(
  text: string,
  read: Manifests,
  { index, fix, diagnostic }: { readonly index: number; readonly fix: Fix; readonly diagnostic: Diagnostic },
): Edit | undefined {
  const range = read.rangeOf(index, fix.path, fix.kind === "rename" ? "key" : "value");
  if (range === undefined) return undefined;
  const written = text.slice(range.start, range.end);
  const replacement = fix.kind === "rename" ? scalarText(fix.name, written) : valueText(fix.value, written);
  const pos = diagnostic.pos ?? read.positionOf(index, fix.path);
  const applied = { fix, pos, message: diagnostic.message };
  const edit = { ...range, text: replacement, applied };
  return isAsMeant(text, edit, { read, index, fix }) ? edit : undefined;
}

/** Whether the edit changes what it is to change, and nothing beside it. */
function isAsMeant(
  text: string,
  { start, end, text: replacement }: Omit<Edit, "applied">,
  { read, index, fix }: { readonly read: Manifests; readonly index: number; readonly fix: Fix },
): boolean {
  const after = readManifests(text.slice(0, start) + replacement + text.slice(end), { source: "" });
  const before = read.objects[index] as unknown as JsonValue;
  const now = after.objects[index] as unknown as JsonValue | undefined;
  if (after.diagnostics.length > 0 || after.objects.length !== read.objects.length || now === undefined) return false;
  if (fix.kind === "replace") return jsonEquals(now, withFieldAt(before, fix.path, fix.value));
  const renamed = [...fix.path.slice(0, -1), fix.name];
  const value = lookupFieldAt(before, fix.path);
  return value !== undefined && jsonEquals(lookupFieldAt(now, renamed) ?? null, value);
}

/** A text as YAML, in the quotes that were there. */
function scalarText(value: string, written: string): string {
  if (written.startsWith("'")) return `'${value.replaceAll("'", "''")}'`;
  if (written.startsWith('"')) return JSON.stringify(value);
  return isPlain(value) ? value : JSON.stringify(value);
}

function valueText(value: JsonValue, written: string): string {
  if (Array.isArray(value))
    return `[${(value as readonly JsonValue[]).map((item) => valueText(item, written)).join(", ")}]`;
  return typeof value === "string" ? scalarText(value, written) : JSON.stringify(value);
}

/** Whether YAML reads the bare text as this text. */
function isPlain(value: string): boolean {
  if (!/^[A-Za-z_./][\w./:@-]*$/.test(value) || value.endsWith(":")) return false;
  const [object] = readManifests(`apiVersion: v\nkind: k\nx: ${value}\n`, { source: "" }).objects;
  return (object as unknown as { readonly x?: unknown } | undefined)?.x === value;
}
