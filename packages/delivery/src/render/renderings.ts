import type { KubeObject } from "@lateen/objects";
import { type App, type AppComponent, appOf } from "../application/application.ts";
import { type RenderContext, readsContext } from "./context.ts";
import type { RenderFailure } from "./failure.ts";
import {
  type RenderComponentOptions,
  type RenderedComponent,
  type Rendering,
  renderWithBase,
  templatesOf,
} from "./render-component.ts";

/**
 * What one look at an application has rendered: checking it and delivering it ask for the same components. It belongs to
 * one state of the definitions, and lives no longer than the look.
 */
export class Renderings {
  readonly #applications = new WeakMap<KubeObject, App>();
  readonly #known = new WeakMap<AppComponent, Turn>();

  /** The same for the same object, so that its components are the same ones. */
  appOf(application: KubeObject): App {
    let app = this.#applications.get(application);
    if (app === undefined) {
      app = appOf(application);
      this.#applications.set(application, app);
    }
    return app;
  }

  /** Renders a component now, and keeps its objects for `render`. Its evaluated template is large and is not kept. */
  renderAfresh(options: RenderComponentOptions): Rendering {
    const rendering = renderWithBase(options);
    this.#known.set(options.component, { options, rendered: rendering.rendered });
    return rendering;
  }

  /** As `renderComponent`; what was rendered before is taken where nothing that its templates see is different. */
  render(options: RenderComponentOptions): RenderedComponent | RenderFailure {
    const known = this.#known.get(options.component);
    if (known !== undefined && isSameTurn(known.options, options)) return known.rendered;
    return this.renderAfresh(options).rendered;
  }
}

interface Turn {
  readonly options: RenderComponentOptions;
  readonly rendered: RenderedComponent | RenderFailure;
}

function isSameTurn(before: RenderComponentOptions, now: RenderComponentOptions): boolean {
  return (
    before.app === now.app &&
    before.definitions === now.definitions &&
    before.stages === now.stages &&
    before.dispatch === now.dispatch &&
    before.patch === now.patch &&
    looksTheSame(before.context, now)
  );
}

/** Whether another context makes no difference: the same namespace, and a cluster that no template asks for. */
function looksTheSame(
  before: RenderContext,
  { app, component, definitions, context }: RenderComponentOptions,
): boolean {
  const isAlike =
    (before.namespace ?? "") === (context.namespace ?? "") &&
    before.fieldNamespace === context.fieldNamespace &&
    before.revision === context.revision &&
    before.custom === context.custom &&
    before.liveOutput === context.liveOutput &&
    before.clusterVersion === context.clusterVersion;
  if (!isAlike || before.cluster === context.cluster) return isAlike;
  return !templatesOf(app, component, definitions).some((template) => readsContext(template, "cluster"));
}
