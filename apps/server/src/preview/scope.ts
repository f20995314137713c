import type { Controller, Source } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";

export interface Scope {
  /** Objects of later revisions were changed by the preview. */
  readonly since: number;
  /** What belongs to the preview though it has not changed yet. */
  readonly includes: (object: KubeObject) => boolean;
}

/**
 * The same controller, which begins only with what the preview touches: what stands still in the fork stays so, however
 * much there is of it.
 */
export function scopedController(controller: Controller, scope: Scope): Controller {
  return {
    ...controller,
    sources: controller.sources.map(
      (source): Source => ({
        ...source,
        when: (object, previous) => isInScope(object, previous, scope) && (source.when?.(object, previous) ?? true),
      }),
    ),
  };
}

function isInScope(object: KubeObject, previous: KubeObject | undefined, { since, includes }: Scope): boolean {
  // Equal: it was deleted, and so by the preview.
  return object === previous || Number(object.metadata.resourceVersion ?? 0) > since || includes(object);
}
