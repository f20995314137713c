import type { Diagnostic } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { DefinitionSource } from "../definition/definition-set.ts";
import { type App, appOf } from "./application.ts";
import { type DiagnoseOptions, diagnoseApplication } from "./diagnose.ts";

export type ParsedApplication =
  | { readonly kind: "app"; readonly app: App; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** An Application ready for rendering, or all that is wrong with it. */
export function parseApplication(
  application: KubeObject,
  definitions: DefinitionSource,
  options: DiagnoseOptions = {},
): ParsedApplication {
  const diagnostics = diagnoseApplication(application, definitions, options);
  if (diagnostics.some(({ severity }) => severity !== "warning")) return { kind: "invalid", diagnostics };
  return { kind: "app", app: appOf(application), warnings: diagnostics };
}
