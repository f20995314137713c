import type { Diagnostic } from "@lateen/base";
import { cueMessage } from "./template.ts";

/** What part of a component a failure is about. */
export interface FailurePlace {
  readonly component: string;
  readonly trait?: string;
  /** Index of the trait in the component. */
  readonly traitIndex?: number;
}

/**
 * A component that cannot be rendered. `message` is the text that the engine's users know, in its blocks; `diagnostics`
 * are the single faults with their paths in the template (`parameter…`, `output…`, `patch…`).
 */
export interface RenderFailure {
  readonly kind: "failed";
  readonly place: FailurePlace;
  readonly message: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** The blocks of a failure's text: what templates said themselves, faults of parameters, faults of templates. */
export function failureBlocks(userErrors: readonly string[], diagnostics: readonly Diagnostic[]): string {
  const texts = [...new Set(diagnostics.map(cueMessage))];
  const block = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `\n\n${title}:\n${lines.map((line) => `  ${line.replaceAll("\n", "\n  ")}`).join("\n")}`;
  return (
    block("User Errors", userErrors) +
    block("Parameter errors", texts.filter((text) => text.startsWith("parameter.")).toSorted()) +
    block("Template errors", texts.filter((text) => !text.startsWith("parameter.")).toSorted())
  );
}

export function renderFailure(
  place: FailurePlace,
  head: string,
  diagnostics: readonly Diagnostic[],
  userErrors: readonly string[] = [],
): RenderFailure {
  const own = userErrors.map(
    (message): Diagnostic => ({ code: "user", message, path: [], causes: [], severity: "error" }),
  );
  return {
    kind: "failed",
    place,
    message: head + failureBlocks(userErrors, diagnostics),
    diagnostics: [...own, ...diagnostics],
  };
}

export function templateFault(message: string, path: readonly (string | number)[] = []): Diagnostic {
  return { code: "template", message, path, causes: [] };
}
