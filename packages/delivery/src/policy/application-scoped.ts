/**
 * Policies that change the Application itself before it is parsed: PolicyDefinitions of scope `Application`
 * (kubevela-engine.md 4.12). Global ones by priority and name, the Application's own (priority 0) in their order.
 */
import { type Diagnostic, type JsonObject, type JsonValue, canonicalJson, isJsonObject } from "@lateen/base";
import { CueError, type Value } from "@lateen/cue";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type App, type AppPolicy, appOf } from "../application/application.ts";
import { nativePolicyTypes } from "../application/native-policies.ts";
import { type DefinitionSource, sourceOf, systemNamespace, templateOf } from "../definition/definition-set.ts";
import { type RenderContext, applicationContext, sorted } from "../render/context.ts";
import { compileTemplate, cueMessage, fillTemplate } from "../render/template.ts";
import { PolicyError } from "./policy-error.ts";

export interface AppliedPolicy {
  readonly name: string;
  readonly type: string;
  /** Of the definition. */
  readonly namespace: string;
  readonly source: "global" | "explicit";
  readonly applied: boolean;
  readonly error: boolean;
  readonly message: string;
  readonly specModified: boolean;
  readonly labelsCount: number;
  readonly annotationsCount: number;
  readonly hasContext: boolean;
}

export interface TransformedApplication {
  readonly application: KubeObject;
  readonly results: readonly AppliedPolicy[];
  /** What policies put into `context.custom`. */
  readonly context: JsonObject | undefined;
}

export interface TransformOptions {
  readonly definitions: DefinitionSource;
  /** All PolicyDefinitions, for the global ones. */
  readonly policyDefinitions: readonly KubeObject[];
  readonly context: RenderContext;
  readonly globals?: "applied" | "ignored";
}

interface Turn {
  readonly name: string;
  readonly type: string;
  readonly definition: KubeObject;
  readonly source: "global" | "explicit";
  readonly properties: JsonObject | undefined;
  readonly priority: number;
}

const skipGlobals = "policy.oam.dev/skip-global";
const permitted = ["components", "workflow", "policies", "labels", "annotations", "ctx"];

/** @throws PolicyError when an explicit policy fails; global ones that fail are passed over and reported. */
export function transformApplication(application: KubeObject, options: TransformOptions): TransformedApplication {
  const results: AppliedPolicy[] = [];
  let current = application;
  let custom: JsonObject | undefined;
  for (const turn of turnsOf(appOf(application), options)) {
    try {
      const changed = applyTurn(current, turn, options);
      current = changed.application;
      if (changed.context !== undefined) custom = { ...custom, ...changed.context };
      results.push(changed.result);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      if (turn.source === "explicit")
        throw new PolicyError(turn.name, `failed to render explicit policy "${turn.name}": ${error.message}`);
      results.push({ ...blankResult(turn), error: true, message: `render error: ${error.message}` });
    }
  }
  return { application: current, results, context: custom };
}

const isScoped = (definition: KubeObject): boolean => valueAt(definition, "spec", "scope") === "Application";
const isGlobal = (definition: KubeObject): boolean => valueAt(definition, "spec", "global") === true;
const homeOf = (definition: KubeObject): string => definition.metadata.namespace ?? systemNamespace;

function turnsOf(app: App, { definitions, policyDefinitions, globals = "applied" }: TransformOptions): readonly Turn[] {
  const explicit = app.policies.flatMap((policy) => explicitTurn(policy, app, definitions));
  const skipped = globals === "ignored" || app.annotations[skipGlobals] === "true";
  return [...(skipped ? [] : globalTurns(app, policyDefinitions)), ...explicit].toSorted(
    (a, b) => a.priority - b.priority,
  );
}

function explicitTurn({ name, type, properties }: AppPolicy, app: App, definitions: DefinitionSource): readonly Turn[] {
  const definition = nativePolicyTypes.has(type) ? undefined : definitions.find("policy", type, app.namespace);
  if (definition === undefined || !isScoped(definition)) return [];
  if (isGlobal(definition)) {
    throw new PolicyError(
      name,
      `invalid policy reference: ${type}: policy '${type}' is marked as Global and cannot be explicitly referenced in Application spec`,
    );
  }
  return [{ name, type, definition, source: "explicit", properties, priority: 0 }];
}

/** By priority, then name; one of the application's namespace hides one of the system's. */
function globalTurns(app: App, policyDefinitions: readonly KubeObject[]): readonly Turn[] {
  const byName = new Map<string, KubeObject>();
  for (const definition of policyDefinitions) {
    if (!isScoped(definition) || !isGlobal(definition)) continue;
    const home = homeOf(definition);
    const name = definition.metadata.name ?? "";
    if (home === app.namespace || (home === systemNamespace && !byName.has(name))) byName.set(name, definition);
  }
  return [...byName.entries()]
    .map(
      ([name, definition]): Turn => ({
        name,
        type: name,
        definition,
        source: "global",
        properties: undefined,
        priority: Number(valueAt(definition, "spec", "priority") ?? 0),
      }),
    )
    .toSorted((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
}

const blankResult = ({ name, type, source, definition }: Turn): AppliedPolicy => ({
  name,
  type,
  namespace: homeOf(definition),
  source,
  applied: false,
  error: false,
  message: "",
  specModified: false,
  labelsCount: 0,
  annotationsCount: 0,
  hasContext: false,
});

interface Changed {
  readonly application: KubeObject;
  readonly result: AppliedPolicy;
  readonly context: JsonObject | undefined;
}

const wrong = (turn: Turn, head: string, faults: readonly Diagnostic[]): PolicyError =>
  new PolicyError(turn.name, `${head}: ${faults.map(cueMessage).join("; ")}`);

function applyTurn(application: KubeObject, turn: Turn, options: TransformOptions): Changed {
  const template = compileTemplate(templateOf(turn.definition) ?? "", sourceOf(turn.definition).source);
  const value = fillTemplate(template, {
    context: sorted(turnContext(application, turn, options)),
    parameter: sorted(turn.properties ?? {}),
  });
  const faults = value.validate();
  if (faults.length > 0) throw wrong(turn, "failed to render CUE template: CUE validation failed", faults);
  if (!enabled(value, turn))
    return { application, context: undefined, result: { ...blankResult(turn), message: "enabled=false" } };
  const output = outputOf(value, turn);
  const next = withOutput(application, output);
  const before = canonicalJson((application.spec as JsonValue | undefined) ?? {});
  return {
    application: next,
    context: isJsonObject(output.ctx) ? output.ctx : undefined,
    result: {
      ...blankResult(turn),
      applied: true,
      specModified: canonicalJson((next.spec as JsonValue | undefined) ?? {}) !== before,
      labelsCount: isJsonObject(output.labels) ? Object.keys(output.labels).length : 0,
      annotationsCount: isJsonObject(output.annotations) ? Object.keys(output.annotations).length : 0,
      hasContext: isJsonObject(output.ctx),
    },
  };
}

const internal =
  /^(?:app\.oam\.dev|oam\.dev|kubectl\.kubernetes\.io|kubernetes\.io|k8s\.io|helm\.sh|app\.kubernetes\.io)\//;
const visible = (values: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !internal.test(key)));

function turnContext(application: KubeObject, turn: Turn, options: TransformOptions): JsonObject {
  const app = appOf(application);
  const spec = isJsonObject(application.spec) ? application.spec : {};
  return {
    name: app.name,
    ...applicationContext(app, options.context),
    appLabels: visible(app.labels),
    appAnnotations: visible(app.annotations),
    appComponents: spec.components ?? [],
    appPolicies: spec.policies ?? [],
    ...(spec.workflow === undefined ? {} : { appWorkflow: spec.workflow }),
    policyName: turn.name,
    policyType: turn.type,
    policyRevisionName: "",
    policyRevision: 0,
    policyRevisionHash: "",
  };
}

function enabled(value: Value, turn: Turn): boolean {
  for (const path of ["config.enabled", "enabled"]) {
    const found = value.lookupPath(path);
    if (!found.exists) continue;
    const json = decoded(found, turn, `failed to extract enabled: failed to decode ${path} (must be boolean)`);
    if (typeof json === "boolean") return json;
    throw new PolicyError(
      turn.name,
      `failed to extract enabled: failed to decode ${path} (must be boolean): it is ${JSON.stringify(json)}`,
    );
  }
  return true;
}

function decoded(value: Value, turn: Turn, head: string): JsonValue {
  try {
    return value.toJSON();
  } catch (error) {
    if (error instanceof CueError) throw wrong(turn, head, error.diagnostics);
    throw error;
  }
}

function outputOf(value: Value, turn: Turn): JsonObject {
  const output = value.lookupPath("output");
  if (!output.exists) throw new PolicyError(turn.name, "failed to extract output: field not found: output");
  const gaps = output.validate({ concrete: true, final: true });
  if (gaps.length > 0) {
    const parameter = value.lookupPath("parameter").validate({ concrete: true, final: true });
    throw wrong(turn, "failed to extract output: failed to decode output", [...parameter, ...gaps]);
  }
  const json = decoded(output, turn, "failed to extract output: failed to decode output");
  if (!isJsonObject(json)) throw new PolicyError(turn.name, "failed to extract output: it is no struct");
  const foreign = Object.keys(json).find((key) => !permitted.includes(key));
  if (foreign !== undefined)
    throw new PolicyError(
      turn.name,
      `failed to extract output: output.${foreign} is not allowed; permitted fields: ${permitted.join(", ")}`,
    );
  return json;
}

/** Components, workflow and policies replace, labels and annotations merge. */
function withOutput(application: KubeObject, output: JsonObject): KubeObject {
  const spec = isJsonObject(application.spec) ? application.spec : {};
  const replaced = Object.fromEntries(
    (["components", "workflow", "policies"] as const).flatMap((field) =>
      output[field] === undefined ? [] : [[field, output[field]]],
    ),
  );
  const merged = (field: "labels" | "annotations"): Readonly<Record<string, string>> | undefined => {
    const more = output[field];
    return isJsonObject(more)
      ? { ...application.metadata[field], ...(more as Readonly<Record<string, string>>) }
      : application.metadata[field];
  };
  const labels = merged("labels");
  const annotations = merged("annotations");
  return {
    ...application,
    metadata: {
      ...application.metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { ...spec, ...replaced },
  };
}
