/**
 * Everything that an X-Definition alone proves wrong, with field paths and places in its CUE texts: what admission refuses
 * (kubevela-engine.md 7) and `lateen def vet` shows. What only some values of the parameter would show is a warning.
 */
import { type Diagnostic, type JsonObject, type JsonValue, errorMessage, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type App, componentOf } from "../application/application.ts";
import { dryContext } from "../application/dry-context.ts";
import { componentContext, sorted } from "../render/context.ts";
import { compileTemplate, fillTemplate } from "../render/template.ts";
import { sourceOf, specText, statusTextOf, templateOf } from "./definition-set.ts";
import { SchemaError } from "./parameter-schema.ts";
import { sampleOf } from "./sample-parameter.ts";
import { definitionSchema } from "./schema-config-map.ts";
import { type StatusField, statusTextFault } from "./status-text.ts";
import { type KnowsOperation, templateFaults } from "./template-faults.ts";

export interface DiagnoseDefinitionOptions {
  /** Which provider calls are answered; without it those are not looked at. */
  readonly knows?: KnowsOperation;
  /** The revision that the definition names for itself, if it exists already. */
  readonly revision?: KubeObject | undefined;
}

const templatePath = ["spec", "schematic", "cue", "template"];
export const revisionNameAnnotation = "definitionrevision.oam.dev/name";

const wrong = (message: string, path: readonly (string | number)[], help?: string): Diagnostic => ({
  code: "definition",
  message,
  path,
  causes: [],
  ...(help === undefined ? {} : { help }),
});

const warned = (message: string, path: readonly (string | number)[]): Diagnostic => ({
  ...wrong(message, path),
  severity: "warning",
});

/** Errors and warnings of a definition; none for kinds that are no definitions. */
export function diagnoseDefinition(
  definition: KubeObject,
  { knows, revision }: DiagnoseDefinitionOptions = {},
): readonly Diagnostic[] {
  const shape = [...schematicFaults(definition), ...versionFaults(definition, revision)];
  const template = templateOf(definition);
  if (template === undefined || shape.some(({ severity }) => severity !== "warning")) return shape;
  const { source, lineOffset } = sourceOf(definition);
  const isStep = definition.kind === "WorkflowStepDefinition";
  const found = templateFaults(template, source, isStep ? knows : undefined);
  const texts = found.map((one) => placed(one, lineOffset));
  if (texts.length > 0) return [...shape, ...texts];
  return [...shape, ...statusFaults(definition), ...policyFaults(definition, template), ...trialFaults(definition)];
}

/** A fault of the template as one of the object; its place counts the lines of the file that it is from. */
function placed(found: Diagnostic, lineOffset: number): Diagnostic {
  const { pos, path } = found;
  const inner = path.length === 0 ? "" : `${path.join(".")}: `;
  const at = pos === undefined ? "" : ` (${pos.source}:${pos.line + lineOffset}:${pos.column})`;
  return {
    ...found,
    code: "definition-template",
    message: `${inner}${found.message}${at}`,
    path: templatePath,
    ...(pos === undefined ? {} : { pos: { ...pos, line: pos.line + lineOffset } }),
  };
}

function schematicFaults(definition: KubeObject): readonly Diagnostic[] {
  const schematic = valueAt(definition, "spec", "schematic");
  const old = ["kube", "helm"].filter((form) => isJsonObject(schematic) && schematic[form] !== undefined);
  const found = old.map((form) =>
    wrong(
      `schematic.${form} is not supported: KubeVela has taken it out as well`,
      ["spec", "schematic", form],
      form === "kube"
        ? "write the object as the output of schematic.cue.template"
        : "use a component of type helmchart, or a template that makes the chart's object",
    ),
  );
  if (isJsonObject(schematic) && schematic.terraform !== undefined)
    found.push(
      warned("schematic.terraform makes a Configuration object; its controller has to be installed in the cluster", [
        "spec",
        "schematic",
        "terraform",
      ]),
    );
  const template = templateOf(definition);
  const hasReference =
    specText(definition, "definitionRef") !== "" || isJsonObject(valueAt(definition, "spec", "definitionRef"));
  if (definition.kind === "PolicyDefinition" && template === undefined && !hasReference)
    found.push(wrong("a policy needs a CUE template", templatePath));
  if (definition.kind === "TraitDefinition") {
    const says = template !== undefined && /\b(?:patch|outputs|patchOutputs|processing|errs)\b/.test(template);
    if (template === undefined && !hasReference && !isJsonObject(schematic))
      found.push(wrong("a trait needs a CUE template with patch or outputs, or a definitionRef", ["spec"]));
    else if (template !== undefined && !says)
      found.push(warned("the template has neither patch nor outputs", templatePath));
  }
  return found;
}

function versionFaults(definition: KubeObject, revision: KubeObject | undefined): readonly Diagnostic[] {
  const version = specText(definition, "version");
  const named = definition.metadata.annotations?.[revisionNameAnnotation] ?? "";
  const found: Diagnostic[] = [];
  if (version !== "" && !/^v?\d+\.\d+\.\d+$/.test(version))
    found.push(wrong(`version ${JSON.stringify(version)} is no x.y.z of whole numbers`, ["spec", "version"]));
  if (version !== "" && named !== "")
    found.push(
      wrong("spec.version and the annotation of a revision's name exclude each other", [
        "metadata",
        "annotations",
        revisionNameAnnotation,
      ]),
    );
  if (named !== "" && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(named))
    found.push(
      wrong(`${JSON.stringify(named)} cannot be part of an object's name`, [
        "metadata",
        "annotations",
        revisionNameAnnotation,
      ]),
    );
  if (revision !== undefined && !holds(revision, definition)) {
    const message = `revision ${revision.metadata.name} exists and says something else; revisions never change`;
    if (named !== "")
      found.push(
        wrong(message, ["metadata", "annotations", revisionNameAnnotation], "give the new content a new name"),
      );
    else found.push(warned(`${message}: raise spec.version to give this content one`, ["spec", "version"]));
  }
  return found;
}

function holds(revision: KubeObject, definition: KubeObject): boolean {
  const spec = (object: JsonValue | undefined): string => JSON.stringify(sorted(isJsonObject(object) ? object : {}));
  const snapshots = Object.values(isJsonObject(revision.spec) ? revision.spec : {}).filter(isJsonObject);
  return snapshots.some((one) => spec(one.spec) === spec(definition.spec as JsonValue | undefined));
}

function statusFaults(definition: KubeObject): readonly Diagnostic[] {
  return (["healthPolicy", "customStatus", "details"] as const).flatMap((field) => {
    const text = statusTextOf(definition, field);
    if (text === "") return [];
    const message = statusTextFault(field as StatusField, text);
    if (message === undefined) return [];
    const path = ["spec", "status", field];
    // The engine only asks for a text that parses; one without its result counts as unhealthy, or says nothing.
    return [message.startsWith("invalid cue content") ? wrong(message, path) : warned(message, path)];
  });
}

function policyFaults(definition: KubeObject, template: string): readonly Diagnostic[] {
  if (definition.kind !== "PolicyDefinition") return [];
  const found: Diagnostic[] = [];
  const isGlobal = valueAt(definition, "spec", "global") === true;
  const priority = valueAt(definition, "spec", "priority");
  if (isGlobal && specText(definition, "scope") !== "Application")
    found.push(wrong("a global policy has the scope Application", ["spec", "scope"], "write scope: Application"));
  if (isGlobal) {
    const missing = requiredParameters(definition);
    if (missing.length > 0)
      found.push(
        wrong(`nobody can give a global policy parameters: ${missing.join(", ")} need a default`, templatePath),
      );
    if (priority === undefined)
      found.push(warned("a global policy without priority has priority 0", ["spec", "priority"]));
    else if (typeof priority === "number" && priority > 9999)
      found.push(warned("priorities go up to 9999", ["spec", "priority"]));
  }
  const enabled = compileTemplate(template, sourceOf(definition).source).lookupPath("enabled");
  if (enabled.exists && !["bool", "_|_", "_"].includes(enabled.incompleteKind))
    found.push(wrong(`enabled must be a boolean, not ${enabled.incompleteKind}`, templatePath));
  return found;
}

function requiredParameters(definition: KubeObject): readonly string[] {
  try {
    const { required, properties } = definitionSchema(definition);
    if (!Array.isArray(required)) return [];
    return required.filter(
      (name): name is string =>
        typeof name === "string" && valueAt(properties as JsonObject | undefined, name, "default") === undefined,
    );
  } catch (error) {
    if (error instanceof SchemaError) return [];
    throw error;
  }
}

/** The template with the least that its parameter asks for. Only what every value of those types would show is an error. */
function trialFaults(definition: KubeObject): readonly Diagnostic[] {
  if (definition.kind === "WorkflowStepDefinition") return [];
  const { source, lineOffset } = sourceOf(definition);
  let schema: JsonObject;
  try {
    schema = definitionSchema(definition);
  } catch (error) {
    return [warned(`the parameter has no schema: ${errorMessage(error)}`, templatePath)];
  }
  const parameter = sampleOf(schema);
  if (!isJsonObject(parameter)) return [];
  const hasAlternatives = /"(?:oneOf|anyOf)"/.test(JSON.stringify(schema));
  const app = trialApp(definition, parameter);
  const context = { ...componentContext(app, app.components[0]!, dryContext), output: {}, outputs: {} };
  const value = fillTemplate(compileTemplate(templateOf(definition) ?? "", source), {
    context: sorted(context),
    parameter: sorted(parameter),
  });
  const faults = value.validate().filter(({ path }) => path[0] !== "parameter");
  const shown = faults.map((one) => placed(one, lineOffset));
  return shown.map((one, index) =>
    !hasAlternatives && isOfTypes(faults[index]!)
      ? { ...one, help: "found with a trial instance: the least that the parameter asks for" }
      : { ...one, severity: "warning", message: `with the least that the parameter asks for: ${one.message}` },
  );
}

/** Wrong for every value of the operands' types, not only for the sample. */
const isOfTypes = ({ message }: Diagnostic): boolean =>
  message.startsWith("invalid operand") || message.includes("mismatched types");

function trialApp(definition: KubeObject, parameter: JsonObject): App {
  const component = componentOf({ name: "trial", type: definition.metadata.name ?? "", properties: parameter });
  return {
    name: "trial",
    namespace: "default",
    uid: "",
    generation: 1,
    labels: {},
    annotations: {},
    components: [component],
    policies: [],
    workflow: undefined,
    revisionName: "trial-v1",
  };
}
