import type { KubeObject } from "@lateen/objects";
import type { DefinedStep } from "@lateen/workflow";

/** The object by which workflows find a step in TypeScript. */
export function stepDefinitionOf({ type, description, template }: DefinedStep, namespace: string): KubeObject {
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "WorkflowStepDefinition",
    metadata: { name: type, namespace, annotations: { "definition.oam.dev/description": description } },
    spec: { schematic: { cue: { template } } },
  } as unknown as KubeObject;
}
