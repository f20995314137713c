/** The kinds of `core.oam.dev` as CustomResourceDefinitions (kubevela-engine.md 1). */
import type { JsonObject, JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

const text = (description: string): JsonObject => ({ type: "string", description });
const whole = (description: string): JsonObject => ({ type: "integer", format: "int64", description });
const free = (description: string): JsonObject => ({
  type: "object",
  description,
  "x-kubernetes-preserve-unknown-fields": true,
});
const list = (items: JsonObject, description: string): JsonObject => ({ type: "array", description, items });
const struct = (properties: JsonObject, description: string, required: readonly string[] = []): JsonObject => ({
  type: "object",
  description,
  properties,
  ...(required.length === 0 ? {} : { required: [...required] }),
});

const inputs = list(
  struct(
    {
      from: text("Variable, or a field of context, that the value comes from"),
      parameterKey: text("Where it goes in the properties"),
    },
    "One value",
    ["from"],
  ),
  "Values taken before it starts; it waits for them",
);
const outputs = list(
  struct({ name: text("Name of the variable"), valueFrom: text("CUE expression that gives the value") }, "One value", [
    "name",
    "valueFrom",
  ]),
  "Values kept after it is done",
);

const stepFields: JsonObject = {
  name: text("Name of the step, unique in the workflow"),
  type: text("Type of the step: the name of a WorkflowStepDefinition, suspend or step-group"),
  meta: struct({ alias: text("Name that is shown") }, "Facts for people"),
  if: text("Condition in CUE, or always; without it a step runs unless an earlier one failed"),
  timeout: text("Time after which the step fails, as 30s, 5m, 1h"),
  dependsOn: list({ type: "string" }, "Steps that have to be done first"),
  inputs,
  outputs,
  properties: free("Parameters of the step's type"),
};
const subStep = struct(stepFields, "A step of the group", ["type"]);
const step = struct(
  {
    ...stepFields,
    mode: { type: "string", nullable: true, description: "StepByStep or DAG, for the steps of a group" },
    subSteps: list(subStep, "Steps of a step-group"),
  },
  "One step",
  ["type"],
);
const mode = struct(
  { steps: text("StepByStep or DAG"), subSteps: text("StepByStep or DAG") },
  "How steps follow each other",
);

const component = struct(
  {
    name: text("Name of the component, unique in the application"),
    type: text("Type of the component: the name of a ComponentDefinition, with @v2 for a version of it"),
    externalRevision: text("Name of a ControllerRevision that holds the component"),
    properties: free("Parameters of the component's type"),
    dependsOn: list({ type: "string" }, "Components that have to be healthy first"),
    inputs,
    outputs,
    traits: list(
      struct(
        {
          type: text("Type of the trait: the name of a TraitDefinition"),
          properties: free("Parameters of the trait's type"),
        },
        "One trait",
        ["type"],
      ),
      "What is added to the component, in order",
    ),
    scopes: free("Not used any more"),
  },
  "One component",
  ["name", "type"],
);

export const applicationSpec = struct(
  {
    components: list(component, "What the application is made of"),
    policies: list(
      struct(
        {
          name: text("Name of the policy"),
          type: text("Type of the policy"),
          properties: free("Parameters of the policy's type"),
        },
        "One policy",
        ["type"],
      ),
      "Where and how it is delivered",
    ),
    workflow: struct(
      { ref: text("Name of a Workflow whose steps are used"), mode, steps: list(step, "The steps") },
      "In which steps it is delivered",
    ),
  },
  "What is wanted",
  ["components"],
);

interface Column {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
}

interface KindFacts {
  readonly kind: string;
  readonly plural: string;
  readonly version: string;
  readonly scope?: "Namespaced" | "Cluster";
  readonly shortNames?: readonly string[];
  readonly status?: boolean;
  readonly columns?: readonly Column[];
  readonly fields: JsonObject;
  readonly description: string;
  readonly group?: string;
}

const age: Column = { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp" };
const column = (name: string, jsonPath: string, type = "string"): Column => ({ name, type, jsonPath });
const described = column("DESCRIPTION", ".metadata.annotations.definition\\.oam\\.dev/description");
const anyStatus = free("What was found");

const definitionSpec = (description: string): JsonObject => ({ spec: free(description), status: anyStatus });

const kinds: readonly KindFacts[] = [
  {
    kind: "Application",
    plural: "applications",
    version: "v1beta1",
    shortNames: ["app", "velaapp"],
    status: true,
    description: "An application: components with traits, and how they are delivered.",
    columns: [
      column("COMPONENT", ".spec.components[*].name"),
      column("TYPE", ".spec.components[*].type"),
      column("PHASE", ".status.status"),
      column("HEALTHY", ".status.services[*].healthy", "boolean"),
      column("STATUS", ".status.services[*].message"),
      age,
    ],
    fields: { spec: applicationSpec, status: anyStatus },
  },
  {
    kind: "ApplicationRevision",
    plural: "applicationrevisions",
    version: "v1beta1",
    shortNames: ["apprev"],
    status: true,
    description: "One revision of an application with everything that it was rendered from.",
    columns: [
      age,
      column("PUBLISH_VERSION", ".metadata.annotations.app\\.oam\\.dev/publishVersion"),
      column("SUCCEEDED", ".status.succeeded"),
    ],
    fields: { spec: free("The application, its definitions and policies as they were"), status: anyStatus },
  },
  {
    kind: "ResourceTracker",
    plural: "resourcetrackers",
    version: "v1beta1",
    scope: "Cluster",
    shortNames: ["rt"],
    status: true,
    description: "The objects that an application has made, recorded before they are made.",
    columns: [
      column("TYPE", ".spec.type"),
      column("APP", ".metadata.labels.app\\.oam\\.dev/name"),
      column("APP-NS", ".metadata.labels.app\\.oam\\.dev/namespace"),
      column("APP-GEN", ".spec.applicationGeneration", "number"),
    ],
    fields: { spec: free("The objects"), status: anyStatus },
  },
  {
    kind: "ComponentDefinition",
    plural: "componentdefinitions",
    version: "v1beta1",
    shortNames: ["comp"],
    status: true,
    description: "A type of components: what it takes and which objects it makes.",
    columns: [column("WORKLOAD-KIND", ".spec.workload.definition.kind"), described],
    fields: definitionSpec("The type"),
  },
  {
    kind: "TraitDefinition",
    plural: "traitdefinitions",
    version: "v1beta1",
    shortNames: ["trait"],
    status: true,
    description: "A type of traits: what it takes and how it changes a component.",
    columns: [column("APPLIES-TO", ".spec.appliesToWorkloads"), described],
    fields: definitionSpec("The type"),
  },
  {
    kind: "PolicyDefinition",
    plural: "policydefinitions",
    version: "v1beta1",
    shortNames: ["def-policy"],
    status: true,
    description: "A type of policies.",
    fields: definitionSpec("The type"),
  },
  {
    kind: "WorkflowStepDefinition",
    plural: "workflowstepdefinitions",
    version: "v1beta1",
    shortNames: ["workflowstep"],
    status: true,
    description: "A type of workflow steps: what it takes and what it does.",
    fields: definitionSpec("The type"),
  },
  {
    kind: "WorkloadDefinition",
    plural: "workloaddefinitions",
    version: "v1beta1",
    shortNames: ["workload"],
    description: "A kind of workloads that components refer to.",
    columns: [column("DEFINITION-NAME", ".spec.definitionRef.name"), described],
    fields: definitionSpec("The type"),
  },
  {
    kind: "DefinitionRevision",
    plural: "definitionrevisions",
    version: "v1beta1",
    shortNames: ["defrev"],
    description: "One revision of a definition.",
    columns: [
      column("REVISION", ".spec.revision", "integer"),
      column("HASH", ".spec.revisionHash"),
      column("TYPE", ".spec.definitionType"),
    ],
    fields: {
      spec: struct(
        {
          revision: whole("Number of the revision"),
          revisionHash: text("Hash of the definition"),
          definitionType: text("Component, Trait, Policy or WorkflowStep"),
          componentDefinition: free("The definition"),
          traitDefinition: free("The definition"),
          policyDefinition: free("The definition"),
          workflowStepDefinition: free("The definition"),
        },
        "The revision",
      ),
    },
  },
  {
    kind: "Policy",
    plural: "policies",
    version: "v1alpha1",
    description: "A policy that several applications use.",
    columns: [column("TYPE", ".type")],
    fields: { type: text("Type of the policy"), properties: free("Parameters of the policy's type") },
  },
  {
    kind: "Workflow",
    plural: "workflows",
    version: "v1alpha1",
    description: "Steps that several applications or runs use.",
    fields: { mode, steps: list(step, "The steps") },
  },
  {
    kind: "WorkflowRun",
    plural: "workflowruns",
    version: "v1alpha1",
    shortNames: ["wr"],
    status: true,
    description: "A workflow that runs once, without an application.",
    columns: [column("PHASE", ".status.status"), age],
    fields: {
      spec: struct(
        {
          mode,
          context: free("Values that steps see in context"),
          workflowRef: text("Name of a Workflow"),
          workflowSpec: struct({ steps: list(step, "The steps") }, "Steps of its own"),
        },
        "What is wanted",
      ),
      status: anyStatus,
    },
  },
  {
    kind: "Trigger",
    plural: "triggers",
    version: "v1alpha1",
    status: true,
    description: "Starts WorkflowRuns by the clock, by changes of objects, or by requests.",
    columns: [
      column("READY", '.status.conditions[?(@.type=="Ready")].status'),
      column("LAST RUN", ".status.lastRun"),
      age,
    ],
    fields: {
      spec: struct(
        {
          source: struct(
            {
              cron: struct(
                {
                  schedule: text("Five fields, or @hourly, @daily, @every 90s"),
                  timeZone: text("As Europe/Berlin; UTC without it"),
                  startingDeadlineSeconds: whole("A time that was missed for longer starts nothing"),
                },
                "By the clock",
                ["schedule"],
              ),
              watch: struct(
                {
                  apiVersion: text("Of the objects"),
                  kind: text("Of the objects"),
                  namespace: text("The trigger's own without it; * is every one"),
                  name: text("Of one object"),
                  labelSelector: free("As in a Deployment's selector"),
                  events: list(text("create, update or delete"), "create and update without it"),
                },
                "By changes of objects",
                ["apiVersion", "kind"],
              ),
              webhook: struct(
                {
                  secretRef: struct(
                    { name: text("Of the Secret"), key: text("token without it") },
                    "What callers know",
                    ["name"],
                  ),
                },
                "By requests",
                ["secretRef"],
              ),
            },
            "One of them",
          ),
          filter: text("A CUE expression over event: false starts nothing"),
          suspend: { type: "boolean", description: "Starts nothing while true" },
          concurrencyPolicy: {
            type: "string",
            enum: ["Allow", "Forbid", "Replace"],
            description: "When a run has not finished",
          },
          successfulRunsHistoryLimit: whole("Runs that are kept, 3 without it"),
          failedRunsHistoryLimit: whole("Runs that are kept, 1 without it"),
          run: free("metadata and spec of the WorkflowRuns; spec.context.event tells why they run"),
        },
        "What is wanted",
        ["source", "run"],
      ),
      status: anyStatus,
    },
  },
  {
    kind: "Package",
    plural: "packages",
    version: "v1alpha1",
    group: "cue.oam.dev",
    shortNames: ["pkg", "cpkg", "cuepkg", "cuepackage"],
    description: "A CUE package that definitions may import, with a provider behind it.",
    columns: [
      column("PATH", ".spec.path"),
      column("PROTO", ".spec.provider.protocol"),
      column("ENDPOINT", ".spec.provider.endpoint"),
    ],
    fields: { spec: free("The package") },
  },
];

function schemaOf({ fields, description }: KindFacts): JsonObject {
  return {
    type: "object",
    description,
    properties: {
      apiVersion: text("Version of this form"),
      kind: text("Kind of this object"),
      metadata: { type: "object" },
      ...fields,
    },
  };
}

function definitionOf(facts: KindFacts): KubeObject {
  const {
    kind,
    plural,
    version,
    scope = "Namespaced",
    shortNames = [],
    status = false,
    columns = [],
    group = "core.oam.dev",
  } = facts;
  const spec: JsonValue = {
    group,
    scope,
    names: {
      kind,
      plural,
      singular: kind.toLowerCase(),
      listKind: `${kind}List`,
      categories: ["oam"],
      ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schemaOf(facts) },
        ...(status ? { subresources: { status: {} } } : {}),
        ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns.map((one) => ({ ...one })) }),
      },
    ],
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec,
  };
}

/** CustomResourceDefinitions of everything that delivery and workflows store. */
export function oamCustomResourceDefinitions(): readonly KubeObject[] {
  return kinds.map(definitionOf);
}
