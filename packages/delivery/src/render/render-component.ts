import { type Diagnostic, type JsonObject, type JsonValue, isJsonObject, withoutTexts } from "@lateen/base";
import { CueError, type Value } from "@lateen/cue";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { App, AppComponent, AppTrait } from "../application/application.ts";
import { type DefinitionSource, sourceOf, specFlag, specText, templateOf } from "../definition/definition-set.ts";
import { type RenderContext, componentContext, readsContext, sorted } from "./context.ts";
import { secretTexts } from "./covered-message.ts";
import { type FailurePlace, type RenderFailure, renderFailure, templateFault } from "./failure.ts";
import { parseFieldPath, withFieldAt } from "./field-path.ts";
import { type DispatchLabels, auxiliaryWorkload, completeObject } from "./metadata.ts";
import { applyPatch, applyStrategic } from "@lateen/workflow";
import type { RenderRecorder } from "./record.ts";
import { compileTemplate, fillTemplate } from "./template.ts";
import { type Tree, fieldName, knownJson, tagsOf, treeJson, treeObject, treeOf, treeOfJson } from "@lateen/workflow";
import { isTerraform, renderTerraform } from "./terraform.ts";

export type TraitStage = "PreDispatch" | "DefaultDispatch" | "PostDispatch";

export interface RenderedOutput {
  readonly name: string;
  /** `AuxiliaryWorkload` for outputs of the component itself. */
  readonly traitType: string;
  readonly stage: TraitStage;
  /** The object goes to the control plane whatever the placement. */
  readonly controlPlaneOnly: boolean;
  readonly object: KubeObject;
}

export interface RenderedComponent {
  readonly kind: "rendered";
  readonly name: string;
  readonly type: string;
  readonly workload: KubeObject;
  /** A trait manages the workload: it is rendered but not delivered. */
  readonly workloadManaged: boolean;
  readonly outputs: readonly RenderedOutput[];
}

export interface RenderComponentOptions {
  readonly app: App;
  readonly component: AppComponent;
  readonly definitions: DefinitionSource;
  readonly context: RenderContext;
  /** `all` as in a dry run; `until PostDispatch` leaves out what waits for a healthy workload. */
  readonly stages?: "all" | "until PostDispatch";
  readonly dispatch?: DispatchLabels | undefined;
  /** Patches that a workflow step brings. */
  readonly patch?: { readonly workload?: JsonObject; readonly traits?: Readonly<Record<string, JsonObject>> };
  /** Told of each stage of the rendering, for explanations. Nothing is kept for it where it is absent. */
  readonly record?: RenderRecorder | undefined;
}

interface Auxiliary {
  readonly name: string;
  readonly traitType: string;
  readonly definition: KubeObject | undefined;
  readonly tree: Tree;
}

interface Work {
  readonly options: RenderComponentOptions;
  /** The component's template, filled. */
  readonly value?: Value;
  /** The component's own output. */
  readonly first: Tree;
  base: Tree;
  auxiliaries: Auxiliary[];
  /** Whether a trait has changed the base. */
  patched: boolean;
  /** The base after each trait that changed it: which of them left a gap. */
  readonly history: { readonly place: FailurePlace; readonly base: Tree }[];
}

/** Thrown within this file only; `renderComponent` returns it. */
class Failure extends Error {
  readonly failure: RenderFailure;
  constructor(failure: RenderFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Evaluates a component and its traits without asking for whole objects: gaps pass, contradictions do not. */
export function evaluateComponent(options: RenderComponentOptions): RenderFailure | undefined {
  try {
    const { app, component, definitions } = options;
    const definition = definitions.find("component", component.type, app.namespace);
    if (definition === undefined) return undefined;
    const fields = contextFields(options);
    const work = isTerraform(definition)
      ? terraformWork(options, definition)
      : evaluateBase(options, definition, fields);
    if (!isTerraform(definition))
      for (const [index, trait] of component.traits.entries()) evaluateTrait(work, { trait, index, fields });
    const names = work.auxiliaries.map(({ name }) => name);
    const double = work.auxiliaries.find(({ name }, index) => names.indexOf(name) < index);
    if (double === undefined) return undefined;
    const place = { component: component.name, trait: double.traitType };
    return renderFailure(
      place,
      `component ${component.name}: outputs item name must be unique: trait ${double.traitType} makes a second ${double.name}`,
      [],
    );
  } catch (error) {
    if (error instanceof Failure) return coveredFailure(error.failure, options.component);
    throw error;
  }
}

/** The failure without what the component's properties say are secrets. */
function coveredFailure(failure: RenderFailure, component: AppComponent): RenderFailure {
  const secrets = [component.properties, ...component.traits.map(({ properties }) => properties)].flatMap(secretTexts);
  if (secrets.length === 0) return failure;
  const covered = (text: string): string => withoutTexts(text, secrets);
  return {
    ...failure,
    message: covered(failure.message),
    diagnostics: failure.diagnostics.map((one) => ({ ...one, message: covered(one.message) })),
  };
}

/** Renders one component with its traits. Pure: the same input gives the same objects. */
export function renderComponent(options: RenderComponentOptions): RenderedComponent | RenderFailure {
  return renderWithBase(options).rendered;
}

export interface Rendering {
  readonly rendered: RenderedComponent | RenderFailure;
  /** The component's filled template, where it has one and it could be rendered. */
  readonly base: Value | undefined;
}

/** As `renderComponent`, with the value that the component's own objects come from. */
export function renderWithBase(options: RenderComponentOptions): Rendering {
  try {
    const work = evaluateAll(options);
    return { rendered: finish(work), base: work.value };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { rendered: coveredFailure(error.failure, options.component), base: undefined };
  }
}

function evaluateAll(options: RenderComponentOptions): Work {
  const { app, component, definitions } = options;
  const definition = definitions.find("component", component.type, app.namespace);
  if (definition === undefined) {
    throw fail(
      { component: component.name },
      `component ${component.name}: ComponentDefinition ${component.type} not found`,
    );
  }
  if (isTerraform(definition)) return terraformWork(options, definition);
  const fields = contextFields(options);
  const work = evaluateBase(options, definition, fields);
  for (const [index, trait] of component.traits.entries()) evaluateTrait(work, { trait, index, fields });
  applyStepPatch(work);
  return work;
}

/** `context` for the templates of a component and its traits. */
function contextFields({ app, component, definitions, context }: RenderComponentOptions): JsonObject {
  return componentContext(app, component, context, templatesOf(app, component, definitions));
}

/** The texts that render a component: its own definition's and those of its traits. */
export function templatesOf(app: App, component: AppComponent, definitions: DefinitionSource): readonly string[] {
  const used = [
    definitions.find("component", component.type, app.namespace),
    ...component.traits.map(({ type }) => definitions.find("trait", type, app.namespace)),
  ];
  return used.flatMap((one) => (one === undefined ? [] : [templateOf(one) ?? ""]));
}

function terraformWork(options: RenderComponentOptions, definition: KubeObject): Work {
  const { app, component } = options;
  const base = treeOfJson(renderTerraform(component, definition, app));
  const work: Work = {
    options,
    first: base,
    base,
    auxiliaries: [],
    patched: false,
    history: [],
  };
  const fields = contextFields(options);
  for (const [index, trait] of component.traits.entries())
    evaluateTrait(work, { trait, index, fields, unpatchable: true });
  return work;
}

const fail = (
  place: FailurePlace,
  head: string,
  diagnostics: readonly Diagnostic[] = [],
  errs: readonly string[] = [],
): Failure =>
  new Failure(renderFailure(place, head, diagnostics.length === 0 && errs.length === 0 ? [] : diagnostics, errs));

function evaluateBase(options: RenderComponentOptions, definition: KubeObject, fields: JsonObject): Work {
  const { app, component } = options;
  const place = { component: component.name };
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  if (template.err?.code === "compile") {
    throw fail(
      place,
      `evaluate base template app=${app.name} in namespace=${app.namespace}: failed to compile workload ${component.name} after merge parameter and context`,
      template.validate(),
    );
  }
  const value = fillTemplate(template, { context: sorted(fields), parameter: sorted(component.properties ?? {}) });
  const head = `evaluate base template app=${app.name} in namespace=${app.namespace}: validation failed for workload ${component.name}:`;
  refuseFaults(value, place, head);
  const output = value.lookupPath("output");
  if (!output.exists) {
    throw fail(place, `cannot generate manifests from component ${component.name}:`, [
      templateFault("field not found: output"),
    ]);
  }
  const base = treeOf(output);
  const auxiliaries = outputsOf(value, auxiliaryWorkload, undefined);
  options.record?.({ kind: "base", component, definition, value, base, outputs: recordedOutputs(auxiliaries) });
  return { options, value, first: base, base, auxiliaries, patched: false, history: [] };
}

/** @throws what `errs` says and what does not validate. */
function refuseFaults(value: Value, place: FailurePlace, head: string): void {
  const errs = userErrors(value);
  const faults = value.validate();
  if (faults.length > 0 || errs.kind === "raised") {
    throw fail(place, head, faults, errs.kind === "raised" ? errs.texts : []);
  }
}

type UserErrors = { readonly kind: "none" } | { readonly kind: "raised"; readonly texts: readonly string[] };

/** A list `errs` of strings that is not empty; anything else but a list is ignored. */
function userErrors(value: Value): UserErrors {
  const errs = value.lookupPath("errs");
  if (!errs.exists || errs.incompleteKind !== "list") return { kind: "none" };
  const elements = errs.elements();
  if (elements.length === 0) return { kind: "none" };
  const texts: string[] = [];
  for (const element of elements) {
    try {
      const json = element.toJSON();
      if (typeof json === "string") texts.push(json);
    } catch (error) {
      if (!(error instanceof CueError)) throw error;
    }
  }
  return { kind: "raised", texts };
}

function outputsOf(value: Value, traitType: string, definition: KubeObject | undefined): Auxiliary[] {
  const outputs = value.lookupPath("outputs");
  if (!outputs.exists || outputs.incompleteKind !== "struct") return [];
  return outputs.fields().map(({ selector, value: output }) => ({
    name: fieldName(selector),
    traitType,
    definition,
    tree: treeOf(output),
  }));
}

interface TraitTurn {
  readonly trait: AppTrait;
  readonly index: number;
  readonly fields: JsonObject;
  readonly unpatchable?: boolean;
}

/** One trait's turn: it sees the work so far, adds its outputs, then patches. */
function evaluateTrait(work: Work, { trait, index, fields, unpatchable }: TraitTurn): void {
  const { app, component, definitions, stages = "all" } = work.options;
  const place = { component: component.name, trait: trait.type, traitIndex: index };
  const definition = definitions.find("trait", trait.type, app.namespace);
  if (definition === undefined) {
    throw fail(
      place,
      `component(${component.name}) parse trait(${trait.type}): trait definition of ${trait.type} not found`,
    );
  }
  if (stages === "until PostDispatch" && stageOf(definition) === "PostDispatch") return;
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  if (template.err?.code === "compile") {
    throw fail(
      place,
      `evaluate template trait=${trait.type} app=${component.name}: failed to compile trait ${trait.type} after merge parameter and context`,
      template.validate(),
    );
  }
  const parameter = trait.properties === undefined ? undefined : sorted(trait.properties);
  const value = fillTemplate(template, {
    context: traitContext(work, fields, templateOf(definition) ?? ""),
    parameter,
  });
  refuseFaults(
    value,
    place,
    `evaluate template trait=${trait.type} app=${component.name}: validation failed for trait ${trait.type}:`,
  );
  refuseProcessing(value, place);
  work.auxiliaries.push(...outputsOf(value, trait.type, definition));
  const patch = value.lookupPath("patch");
  if (patch.exists) {
    if (unpatchable === true) {
      throw fail(
        place,
        `evaluate template trait=${trait.type} app=${component.name}: patch trait ${trait.type} into an invalid workload`,
      );
    }
    patchBase(work, patch, place);
  }
  patchOutputs(work, value.lookupPath("patchOutputs"), place);
  work.options.record?.({
    kind: "trait",
    component,
    index,
    definition,
    value,
    base: work.base,
    outputs: recordedOutputs(work.auxiliaries),
  });
}

const recordedOutputs = (auxiliaries: readonly Auxiliary[]): ReadonlyMap<string, Tree> =>
  new Map(auxiliaries.map(({ name, tree }) => [name, tree]));

export function stageOf(definition: KubeObject | undefined): TraitStage {
  const stage = definition === undefined ? "" : specText(definition, "stage");
  return stage === "PreDispatch" || stage === "PostDispatch" ? stage : "DefaultDispatch";
}

/** What a trait's template sees: the work so far only where it may look at it. */
function traitContext(work: Work, fields: JsonObject, template: string): JsonObject {
  const { component, context } = work.options;
  return sorted({
    ...fields,
    componentType: component.type,
    output: readsContext(template, "output") ? outputSoFar(work.base, context.liveOutput) : {},
    ...(work.auxiliaries.length === 0 ? {} : { outputs: readsContext(template, "outputs") ? outputsSoFar(work) : {} }),
  });
}

function outputSoFar(base: Tree, live: JsonObject | undefined): JsonValue {
  const output = knownJson(base);
  return live?.status !== undefined && isJsonObject(output) ? { ...output, status: live.status } : (output ?? {});
}

function outputsSoFar(work: Work): JsonObject {
  const outputs: Record<string, JsonValue> = {};
  for (const { name, tree } of work.auxiliaries) outputs[name] = knownJson(tree) ?? {};
  return outputs;
}

function refuseProcessing(value: Value, { component, trait, traitIndex }: FailurePlace): void {
  const processing = value.lookupPath("processing");
  if (!processing.exists) return;
  const place = { component, trait: trait!, traitIndex: traitIndex! };
  const head = `evaluate template trait=${trait} app=${component}: invalid process of trait ${trait}`;
  if (!processing.lookupPath("http").exists) throw fail(place, `${head}: there is no http in processing`);
  throw fail(place, `${head}: HTTP calls of a trait's processing are not made by this renderer`);
}

function patchBase(work: Work, patch: Value, place: FailurePlace): void {
  const result = applyPatch(work.base, treeOf(patch), tagsOf(patch.doc));
  const { component, trait } = place;
  if (result.kind === "failed") {
    throw fail(
      place,
      `evaluate template trait=${trait} app=${component}: invalid patch trait ${trait} into workload: result check err:`,
      result.problems,
    );
  }
  work.base = result.tree;
  work.patched = true;
  work.history.push({ place, base: result.tree });
}

function patchOutputs(work: Work, patches: Value, place: FailurePlace): void {
  if (!patches.exists || patches.incompleteKind !== "struct") return;
  for (const { selector, value } of patches.fields()) {
    const name = fieldName(selector);
    const patch = treeOf(value);
    work.auxiliaries = work.auxiliaries.map((auxiliary) => {
      if (auxiliary.name !== name) return auxiliary;
      const result = applyStrategic(auxiliary.tree, patch);
      if (result.kind === "patched") return { ...auxiliary, tree: result.tree };
      const { component, trait } = place;
      throw fail(
        place,
        `evaluate template trait=${trait} app=${component}: trait=${trait}, to=${name}, invalid patch trait into auxiliary workload: result check err:`,
        result.problems,
      );
    });
  }
}

function applyStepPatch(work: Work): void {
  const { patch, component } = work.options;
  if (patch === undefined) return;
  const place = { component: component.name };
  const merge = (tree: Tree, change: JsonObject, what: string): Tree => {
    const result = applyStrategic(tree, treeOfJson(change));
    if (result.kind === "patched") return result.tree;
    throw fail(place, `the step's patch of component ${component.name} does not fit ${what}:`, result.problems);
  };
  if (patch.workload !== undefined) work.base = merge(work.base, patch.workload, "its workload");
  work.auxiliaries = work.auxiliaries.map((auxiliary) => {
    const change = patch.traits?.[auxiliary.name];
    return change === undefined
      ? auxiliary
      : { ...auxiliary, tree: merge(auxiliary.tree, change, `its output ${auxiliary.name}`) };
  });
  work.options.record?.({ kind: "step", component, base: work.base, outputs: recordedOutputs(work.auxiliaries) });
}

/** Makes objects of the trees: concrete, complete, named and labelled. */
function finish(work: Work): RenderedComponent {
  const { app, component, definitions, dispatch, context } = work.options;
  const workload = completed(work, concreteWorkload(work), undefined);
  const reference = { apiVersion: workload.apiVersion, kind: workload.kind, name: workload.metadata.name! };
  const outputs = work.auxiliaries.map((auxiliary): RenderedOutput => {
    const { definition } = auxiliary;
    const object = concreteOutput(work, auxiliary);
    const path = workloadRefPath(auxiliary, component, definitions, app);
    const complete = completed(work, object, auxiliary);
    const referring =
      path === ""
        ? complete
        : (withFieldAt(complete as unknown as JsonObject, parseFieldPath(path), reference) as unknown as KubeObject);
    const controlPlaneOnly = definition !== undefined && specFlag(definition, "controlPlaneOnly");
    return {
      name: auxiliary.name,
      traitType: auxiliary.traitType,
      stage: stageOf(definition),
      controlPlaneOnly,
      object: placedObject(referring, controlPlaneOnly ? app.namespace : context.namespace),
    };
  });
  const managed = component.traits.some((trait) => {
    const definition = definitions.find("trait", trait.type, app.namespace);
    return definition !== undefined && specFlag(definition, "manageWorkload");
  });
  return {
    kind: "rendered",
    name: component.name,
    type: component.type,
    workload: placedObject(workload, context.namespace),
    workloadManaged: managed,
    outputs,
  };
  function completed({ options }: Work, object: JsonObject, auxiliary: Auxiliary | undefined): KubeObject {
    const origin = { component: options.component.name, componentType: options.component.type };
    if (auxiliary === undefined) return completeObject(object, app, origin, dispatch);
    const managesWorkload = auxiliary.definition !== undefined && specFlag(auxiliary.definition, "manageWorkload");
    const trait = { type: auxiliary.traitType, output: auxiliary.name, managesWorkload };
    return completeObject(object, app, { ...origin, trait }, dispatch);
  }
}

/** A placement's namespace replaces the object's own, also that of a Namespace object. */
function placedObject(object: KubeObject, namespace: string | undefined): KubeObject {
  return namespace === undefined || namespace === ""
    ? object
    : { ...object, metadata: { ...object.metadata, namespace } };
}

/** A trait type `a-b` takes the path of a definition `a` whose trait is used beside it, as the engine's prefix lookup does. */
function workloadRefPath(
  auxiliary: Auxiliary,
  component: AppComponent,
  definitions: DefinitionSource,
  app: App,
): string {
  if (auxiliary.definition === undefined) return "";
  if (!auxiliary.traitType.includes("-", 1)) return specText(auxiliary.definition, "workloadRefPath");
  const used = new Set(app.components.flatMap(({ traits }) => traits.map(({ type }) => type)));
  for (const { type } of component.traits) used.add(type);
  for (let dash = auxiliary.traitType.indexOf("-"); dash > 0; dash = auxiliary.traitType.indexOf("-", dash + 1)) {
    const prefix = auxiliary.traitType.slice(0, dash);
    const shorter = used.has(prefix) ? definitions.find("trait", prefix, app.namespace) : undefined;
    if (shorter !== undefined) return specText(shorter, "workloadRefPath");
  }
  return specText(auxiliary.definition, "workloadRefPath");
}

function concreteWorkload(work: Work): JsonObject {
  const { component } = work.options;
  const problems: Diagnostic[] = [];
  const root = work.patched ? [] : ["output"];
  const json = treeJson(work.base, root, problems);
  const head = `cannot generate manifests from component ${component.name}:`;
  if (problems.length > 0) {
    const place = gapPlace(work, problems[0]!);
    const by = place.trait === undefined ? "" : ` (left open by trait ${place.trait})`;
    throw fail(place, `${head.slice(0, -1)}${by}:`, [...missingParameters(work), ...problems]);
  }
  if (!isJsonObject(json))
    throw fail({ component: component.name }, head, [templateFault("output is no object", ["output"])]);
  refuseKindless(json, { component: component.name }, head);
  return json;
}

/** The trait whose patch left a gap, or the component itself. */
function gapPlace(work: Work, { path }: Diagnostic): FailurePlace {
  const own = { component: work.options.component.name };
  const at = (base: Tree): boolean => {
    const problems: Diagnostic[] = [];
    treeJson(base, [], problems);
    return problems.some((problem) => problem.path.join("/") === path.join("/"));
  };
  const open = work.history.findIndex(({ base }) => at(base));
  if (open < 0) return own;
  return open === 0 && isOpenBefore(work, path) ? own : work.history[open]!.place;
}

/** Whether the component's own output has the gap, before any trait. */
function isOpenBefore(work: Work, path: readonly (string | number)[]): boolean {
  const problems: Diagnostic[] = [];
  treeJson(work.first, [], problems);
  return problems.some((problem) => problem.path.join("/") === path.join("/"));
}

/** The gaps of `parameter` that are behind gaps of the object: what the user can mend. */
function missingParameters(work: Work): readonly Diagnostic[] {
  const { app, component, definitions } = work.options;
  const definition = definitions.find("component", component.type, app.namespace);
  if (definition === undefined) return [];
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  const fields = contextFields(work.options);
  const value = fillTemplate(template, { context: sorted(fields), parameter: sorted(component.properties ?? {}) });
  const parameter = value.lookupPath("parameter");
  return parameter.exists ? parameter.validate({ concrete: true, final: true }) : [];
}

function concreteOutput(work: Work, auxiliary: Auxiliary): JsonObject {
  const { app, component } = work.options;
  const problems: Diagnostic[] = [];
  const json = treeObject(auxiliary.tree, ["outputs", auxiliary.name], problems);
  const index = component.traits.findIndex(({ type }) => type === auxiliary.traitType);
  const place =
    index < 0
      ? { component: component.name }
      : { component: component.name, trait: auxiliary.traitType, traitIndex: index };
  const head = `evaluate trait=${auxiliary.name} template for component=${component.name} app=${app.name}: failed to have the workload/trait unstructured:`;
  if (problems.length > 0) throw fail(place, head, problems);
  refuseKindless(json, place, head);
  return json;
}

function refuseKindless(object: JsonObject, place: FailurePlace, head: string): void {
  const kind = valueAt(object, "kind");
  if (typeof kind === "string" && kind !== "") return;
  throw fail(place, head, [templateFault(`Object 'Kind' is missing in '${JSON.stringify(object)}'`)]);
}
