import type { Diagnostic, JsonObject } from "@lateen/base";
import type { Context, Value } from "@lateen/cue";
import { stepContext } from "@lateen/workflow";
import { withoutOldLists } from "../compat/old-lists.ts";
import { leadsToSecret, withoutValues } from "./covered-message.ts";

/** Texts whose compiled form is kept: the bundled definitions and a large fleet's own fit in. */
const maxTemplates = 2_000;

const compiled = new Map<string, Value>();
/** The one CUE context of this process' renderings; values of one context can be unified. */
export const renderContext = (): Context => stepContext();

/**
 * A template's value, open for `parameter` and `context`. It is compiled once a text and source name; what is filled in
 * later makes new values and leaves this one as it is.
 */
export function compileTemplate(text: string, source: string): Value {
  const key = `${source}\n${text}`;
  const known = compiled.get(key);
  if (known !== undefined) {
    compiled.delete(key);
    compiled.set(key, known);
    return known;
  }
  const program = `${withoutOldLists(text)}\nparameter: _\ncontext: _\n`;
  const value = renderContext().compile(program, { filename: source });
  compiled.set(key, value);
  if (compiled.size > maxTemplates) compiled.delete(compiled.keys().next().value!);
  return value;
}

/** The template with its values: `parameter` is left open where it is undefined. */
export function fillTemplate(
  template: Value,
  values: { context: JsonObject; parameter: JsonObject | undefined },
): Value {
  const { context: given, parameter } = values;
  return template.fillPath("", parameter === undefined ? { context: given } : { parameter, context: given });
}

/** A path as CUE writes it in messages: `parameter.ports.0."a-b"`. */
export function cuePath(path: readonly (string | number)[]): string {
  return path
    .map((part) =>
      typeof part === "number" || /^[A-Za-z_$#][A-Za-z0-9_$]*$/.test(part) ? String(part) : JSON.stringify(part),
    )
    .join(".");
}

/** `path: message`, or the message alone at the root; without the values where the path leads into a secret. */
export function cueMessage(diagnostic: Diagnostic): string {
  const path = cuePath(diagnostic.path);
  const { message } = diagnostic;
  const isPlaced = path !== "" && message.startsWith(`${path}:`);
  if (leadsToSecret(diagnostic.path))
    return `${path}: ${withoutValues(isPlaced ? message.slice(path.length + 1) : message)}`;
  return path === "" || isPlaced ? message : `${path}: ${message}`;
}
