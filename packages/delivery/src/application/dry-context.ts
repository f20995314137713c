import { type RenderContext, defaultClusterVersion } from "../render/context.ts";

/** What a rendering knows that goes nowhere. */
export const dryContext: RenderContext = { cluster: "", clusterVersion: defaultClusterVersion };
