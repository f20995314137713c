import { type Diagnostic, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { CueError } from "@lateen/cue";
import type { KubeObject } from "@lateen/objects";
import { type App, type AppPolicy, textOf } from "../application/application.ts";
import { nativePolicyTypes } from "../application/native-policies.ts";
import { type DefinitionSource, sourceOf, specText, templateOf } from "../definition/definition-set.ts";
import { type RenderContext, applicationContext, sorted } from "./context.ts";
import { type RenderFailure, renderFailure, templateFault } from "./failure.ts";
import { oamLabels } from "./metadata.ts";
import { type RenderComponentOptions, type RenderedComponent, renderComponent } from "./render-component.ts";
import type { RenderRecorder } from "./record.ts";
import { compileTemplate, fillTemplate } from "./template.ts";
import { fieldName } from "@lateen/workflow";

export type RenderedApplication =
  | { readonly kind: "rendered"; readonly components: readonly RenderedComponent[] }
  | RenderFailure;

type Shared = Omit<RenderComponentOptions, "component">;

/** All components of an application, in its order; the first that cannot be rendered is the answer. */
export function renderComponents(shared: Shared): RenderedApplication {
  const components: RenderedComponent[] = [];
  for (const component of shared.app.components) {
    const rendered = renderComponent({ ...shared, component });
    if (rendered.kind === "failed") return rendered;
    components.push(rendered);
  }
  return { kind: "rendered", components };
}

export type RenderedPolicies =
  | { readonly kind: "rendered"; readonly objects: readonly KubeObject[] }
  | {
      readonly kind: "failed";
      readonly policy: string;
      readonly message: string;
      readonly diagnostics: readonly Diagnostic[];
    };

export interface RenderPoliciesOptions {
  readonly app: App;
  readonly policies: readonly AppPolicy[];
  readonly definitions: DefinitionSource;
  readonly context: RenderContext;
  /** Rendered components, for `context.artifacts`. */
  readonly components?: readonly RenderedComponent[];
  /** Absent in a dry run, which writes no namespace label. */
  readonly labelNamespace?: boolean;
  readonly record?: RenderRecorder | undefined;
}

/** Objects of policies that are definitions of their own: `output`, then `outputs`, policy by policy (engine 2.1, step 10). */
export function renderPolicies(options: RenderPoliciesOptions): RenderedPolicies {
  const objects: KubeObject[] = [];
  for (const policy of options.policies) {
    if (nativePolicyTypes.has(policy.type)) continue;
    const definition = options.definitions.find("policy", policy.type, options.app.namespace);
    if (definition === undefined)
      return failed(policy, `policy definition [${policy.type}] of policy ${policy.name} not found`);
    if (specText(definition, "scope") === "Application") continue;
    if (policy.properties === undefined)
      return failed(policy, `policy ${policy.type} named ${policy.name} must not have empty properties`);
    const rendered = renderPolicy(options, policy, definition);
    if (rendered.kind === "failed") return rendered;
    objects.push(...rendered.objects);
  }
  return { kind: "rendered", objects };
}

const failed = (policy: AppPolicy, message: string, diagnostics: readonly Diagnostic[] = []): RenderedPolicies => ({
  kind: "failed",
  policy: policy.name,
  message,
  diagnostics,
});

function policyContext({ app, context, components = [] }: RenderPoliciesOptions, policy: AppPolicy): JsonObject {
  const artifacts: Record<string, JsonValue> = {};
  for (const { name, workload, outputs } of components) {
    const traits: Record<string, Record<string, JsonValue>> = {};
    for (const output of outputs)
      (traits[output.traitType] ??= {})[output.name] = output.object as unknown as JsonObject;
    artifacts[name] = { workload: workload as unknown as JsonObject, traits };
  }
  return {
    name: policy.name,
    ...applicationContext(app, { ...context, cluster: "", revision: "" }),
    replicaKey: "",
    artifacts,
  };
}

function renderPolicy(options: RenderPoliciesOptions, policy: AppPolicy, definition: KubeObject): RenderedPolicies {
  const head = `evaluate base template policy=${policy.name} app=${options.app.name}:`;
  const template = compileTemplate(templateOf(definition) ?? "", sourceOf(definition).source);
  const value = fillTemplate(template, {
    context: sorted(policyContext(options, policy)),
    parameter: sorted(policy.properties ?? {}),
  });
  const place = { component: policy.name };
  const wrong = (faults: readonly Diagnostic[], errs: readonly string[] = []): RenderedPolicies =>
    failed(policy, renderFailure(place, head, faults, errs).message, faults);
  const errs = value.lookupPath("errs");
  const raised =
    errs.exists && errs.incompleteKind === "list" ? errs.elements().map((one) => textOf(one.toJSON())) : [];
  const faults = value.validate();
  if (faults.length > 0 || raised.length > 0) return wrong(faults, raised);
  const output = value.lookupPath("output");
  if (!output.exists) return wrong([templateFault("field not found: output")]);
  options.record?.({ kind: "policy", policy, definition, value });
  try {
    const outputs = value.lookupPath("outputs");
    const further = outputs.exists && outputs.incompleteKind === "struct" ? outputs.fields() : [];
    const all = [output.toJSON(), ...further.map((one) => one.value.toJSON())];
    const names = ["output", ...further.map(({ selector }) => fieldName(selector))];
    const objects: KubeObject[] = [];
    for (const [index, json] of all.entries()) {
      if (!isJsonObject(json) || typeof json.kind !== "string" || json.kind === "")
        return wrong([templateFault(`Object 'Kind' is missing in ${names[index]}`)]);
      objects.push(policyObject(json, options, policy));
    }
    return { kind: "rendered", objects };
  } catch (error) {
    if (error instanceof CueError) return wrong(error.diagnostics);
    throw error;
  }
}

function policyObject(
  json: JsonObject,
  { app, labelNamespace = true }: RenderPoliciesOptions,
  policy: AppPolicy,
): KubeObject {
  const metadata = isJsonObject(json.metadata) ? json.metadata : {};
  const given = (field: string, otherwise: string): string => {
    const value = metadata[field];
    return typeof value === "string" && value !== "" ? value : otherwise;
  };
  return {
    ...json,
    metadata: {
      ...metadata,
      name: given("name", policy.name),
      ...(json.kind === "Namespace" && metadata.namespace === undefined
        ? {}
        : { namespace: given("namespace", app.namespace) }),
      labels: {
        ...(isJsonObject(metadata.labels) ? metadata.labels : {}),
        [oamLabels.name]: app.name,
        [oamLabels.component]: policy.name,
        [oamLabels.appRevision]: app.revisionName,
        ...(labelNamespace ? { [oamLabels.namespace]: app.namespace } : {}),
      },
    },
  } as unknown as KubeObject;
}
