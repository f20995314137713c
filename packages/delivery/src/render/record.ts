/** What a rendering tells of its stages when somebody wants to know why an object is as it is. */
import type { Value } from "@lateen/cue";
import type { KubeObject } from "@lateen/objects";
import type { Tree } from "@lateen/workflow";
import type { AppComponent, AppPolicy } from "../application/application.ts";

interface Stage {
  readonly component: AppComponent;
  /** The main object after this stage. */
  readonly base: Tree;
  /** The further outputs after this stage, by name. */
  readonly outputs: ReadonlyMap<string, Tree>;
}

/** A stage of a rendering, in the order in which they happen: the component, its traits, the step's own patch. */
export type RenderStage =
  | (Stage & { readonly kind: "base"; readonly definition: KubeObject; readonly value: Value })
  | (Stage & {
      readonly kind: "trait";
      readonly index: number;
      readonly definition: KubeObject;
      readonly value: Value;
    })
  | (Stage & { readonly kind: "step" })
  | { readonly kind: "policy"; readonly policy: AppPolicy; readonly definition: KubeObject; readonly value: Value };

export type RenderRecorder = (stage: RenderStage) => void;
