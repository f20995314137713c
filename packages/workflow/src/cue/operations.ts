/**
 * Runs the operations in a step's value: structs with a `#do`. They are found depth first, children before parents,
 * fields with `@step(n)` first; each result is filled back, which may bring forth the next (kubevela-workflow.md 3.3).
 */
import {
  type JsonObject,
  type JsonValue,
  canonicalJson,
  errorMessage,
  isJsonObject,
  maskSecrets,
  maskedText,
} from "@lateen/base";
import type { Value } from "@lateen/cue";
import { type Outcome, StepError, type Visit } from "../step-runner.ts";
import type { StepCall } from "../journal.ts";
import { sendOnce } from "./outbox.ts";
import { type ProviderContext, type ProviderEntry, type Providers, StepStop } from "./providers.ts";
import type { SecretTexts } from "./secret-texts.ts";

const maxOperations = 1_000;
const maxDepth = 100;

export interface OperationRun {
  readonly value: Value;
  readonly visit: Visit;
  readonly outcome: Outcome;
  readonly providers: Providers;
  readonly fields: JsonObject;
  readonly secrets: SecretTexts;
  /** Told of each operation, with secrets covered. */
  readonly observe?: ((call: StepCall) => void) | undefined;
}

/** Runs what can run. Ends early, without error, when an operation stops the template. @throws StepError. */
export async function runOperations(run: OperationRun): Promise<Value> {
  let { value } = run;
  const done = new Set<string>();
  for (;;) {
    run.visit.signal.throwIfAborted();
    const found = nextOperation(value, "", done, 0);
    if (found === undefined) return value;
    done.add(found.path);
    if (done.size > maxOperations) throw new StepError("Rendering", `a step runs at most ${maxOperations} operations`);
    try {
      value = await call(run, value, found);
    } catch (error) {
      if (error instanceof StepStop) return value;
      throw error;
    }
  }
}

interface Found {
  readonly path: string;
  readonly label: string;
  readonly operation: Value;
  readonly action: string;
}

function nextOperation(value: Value, path: string, done: ReadonlySet<string>, depth: number): Found | undefined {
  if (depth > maxDepth) return undefined;
  for (const child of childrenOf(value, path)) {
    const found = nextOperation(child.value, child.path, done, depth + 1);
    if (found !== undefined) return found;
  }
  if (path === "" || done.has(path) || value.incompleteKind !== "struct") return undefined;
  const action = textAt(value, "#do");
  return action === "" ? undefined : { path, label: lastLabel(path), operation: value, action };
}

interface Child {
  readonly path: string;
  readonly value: Value;
  readonly order: number;
}

function childrenOf(value: Value, path: string): readonly Child[] {
  const { incompleteKind } = value;
  if (incompleteKind === "list")
    return value.elements().map((element, index) => ({ path: `${path}[${index}]`, value: element, order: 0 }));
  // A struct whose `if` waits for a result is incomplete, and has its other fields all the same.
  if (incompleteKind !== "struct" && !(incompleteKind === "bottom" && value.err?.code === "incomplete")) return [];
  const children = value.fields({ optional: true, hidden: true }).map((field): Child => {
    const selector = field.selector.replace(/[?!]$/, "");
    return { path: path === "" ? selector : `${path}.${selector}`, value: field.value, order: stepNumber(field.value) };
  });
  return children.some(({ order }) => order !== Number.POSITIVE_INFINITY)
    ? children.toSorted((a, b) => a.order - b.order)
    : children;
}

function stepNumber(value: Value): number {
  const [attribute] = value.attributes("field").filter(({ name }) => name === "step");
  const number = Number(attribute?.body);
  return attribute === undefined || Number.isNaN(number) ? Number.POSITIVE_INFINITY : number;
}

function lastLabel(path: string): string {
  const match = /(?:^|\.)("(?:[^"\\]|\\.)*"|[^."[\]]+)(?:\[\d+\])*$/.exec(path);
  const label = match?.[1] ?? path;
  return label.startsWith('"') ? (JSON.parse(label) as string) : label;
}

function textAt(value: Value, path: string): string {
  const found = value.lookupPath(path);
  if (!found.exists || found.kind !== "string") return "";
  return found.toJSON() as string;
}

async function call(run: OperationRun, root: Value, found: Found): Promise<Value> {
  const { path, operation, action, label } = found;
  const provider = textAt(operation, "#provider");
  const legacy = provider === "op" || provider === "ql";
  if (!run.providers.hasProvider(provider)) throw callError(run, found, `provider ${provider} not found`);
  const entry = run.providers.find(provider, action);
  if (entry === undefined) throw callError(run, found, `function ${action} not found in provider ${provider}`);
  const { visit, outcome, fields, secrets } = run;
  const context = { visit, outcome, fields, path, label, signal: visit.signal, secrets };
  const params = typeof entry === "object" && "native" in entry ? {} : parametersOf(run, found, legacy);
  try {
    const result = await perform(entry, { operation, params, context });
    secrets.learn(result, params);
    note(run, found, { provider, params, ...(result === undefined ? {} : { answer: result }) });
    if (result === undefined) return root;
    return legacy ? root.fillPath(path, result) : root.fillPath(`${path}.$returns`, result);
  } catch (error) {
    if (error instanceof StepStop) note(run, found, { provider, params });
    if (error instanceof StepStop || visit.signal.aborted) throw error;
    note(run, found, { provider, params, error: errorMessage(error) });
    throw error instanceof StepError ? error : callError(run, found, errorMessage(error));
  }
}

function parametersOf(run: OperationRun, found: Found, legacy: boolean): JsonObject {
  try {
    const data = concreteData(found.operation);
    if (legacy) return data;
    return isJsonObject(data.$params) ? data.$params : {};
  } catch (error) {
    throw callError(run, found, errorMessage(error));
  }
}

function perform(
  entry: ProviderEntry,
  { operation, params, context }: { operation: Value; params: JsonObject; context: ProviderContext },
): Promise<JsonObject | undefined> {
  if (typeof entry === "function") return entry(params, context);
  if ("native" in entry) return entry.native(operation, context);
  if (!entry.changes(params)) return entry.send(params, context);
  return sendOnce(context.visit, context.path, (key) => entry.send(params, { ...context, key }));
}

function note(
  { visit, observe, secrets }: OperationRun,
  { path, action }: Found,
  { provider, params, answer, error }: { provider: string; params: JsonObject; answer?: JsonObject; error?: string },
): void {
  observe?.({
    step: visit.step.name,
    id: visit.id,
    path,
    operation: `${provider}.${action}`,
    at: visit.now,
    params: secrets.coverAll(maskSecrets(params)),
    ...(answer === undefined ? {} : { answer: secrets.coverAll(maskSecrets(answer)) }),
    ...(error === undefined ? {} : { error: secrets.cover(error) }),
  });
}

function concreteData(operation: Value): JsonObject {
  const faults = operation.validate();
  if (faults.length > 0) throw new Error(`cue: marshal error: ${faults[0]!.message}`);
  const data: JsonValue = operation.toJSON();
  return isJsonObject(data) ? data : {};
}

function callError({ secrets }: OperationRun, { path, operation }: Found, message: string): StepError {
  const value = shownValue(operation, secrets);
  return new StepError("Execute", `function call error for ${path}: ${message} (value: ${value})`);
}

function textOf(operation: Value): string {
  try {
    return canonicalJson(maskSecrets(operation.toJSON()));
  } catch {
    // Not concrete: as CUE.
  }
  try {
    return operation.syntax();
  } catch {
    return "…";
  }
}

const secretField = /((?:password|passwd|token|secret|key|authorization|credentials?)"?: )"(?:[^"\\]|\\.)*"/gi;

/** What the operation was to work on, with secrets covered. */
function shownValue(operation: Value, secrets: SecretTexts): string {
  const line = secrets.cover(textOf(operation)).replaceAll(/\s+/g, " ").replaceAll(secretField, `$1"${maskedText}"`);
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
