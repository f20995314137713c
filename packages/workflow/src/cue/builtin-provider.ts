/** `vela/builtin`: waiting, suspending, ending, messages and variables (kubevela-workflow.md 4.1). */
import { type JsonObject, type JsonValue } from "@lateen/base";
import { durationFault, formatTime, parseGoDuration, parseTime } from "../duration.ts";
import { unifyVariable, variableAt } from "../variables.ts";
import { type ProviderContext, type ProviderFunction, type ProviderTable, StepStop } from "./providers.ts";

const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

const wait: ProviderFunction = async (params, { outcome }) => {
  if (params.continue === true) return undefined;
  outcome.waiting = true;
  if (outcome.phase !== "failed" && outcome.phase !== "suspending") {
    outcome.phase = "running";
    outcome.reason = "Wait";
    if (textOf(params.message) !== "") outcome.message = textOf(params.message);
  }
  throw new StepStop();
};

const message: ProviderFunction = async (params, { outcome }) => {
  if (textOf(params.message) !== "") outcome.message = textOf(params.message);
  return undefined;
};

const fail: ProviderFunction = async (params, { outcome }) => {
  outcome.terminated = true;
  outcome.phase = "failed";
  outcome.reason = "Action";
  outcome.message = textOf(params.message);
  throw new StepStop();
};

const stop: ProviderFunction = async (params, { outcome }) => {
  outcome.terminated = true;
  outcome.phase = "succeeded";
  outcome.reason = "Terminate";
  outcome.message = textOf(params.message);
  throw new StepStop();
};

const variable: ProviderFunction = async (params, { visit }) => {
  const path = textOf(params.path);
  if (params.method === "Put") {
    visit.variables.vars = unifyVariable(visit.variables.vars, path, params.value ?? null);
    return undefined;
  }
  if (params.method !== "Get") return undefined;
  const value = variableAt(visit.variables.vars, path);
  if (value === undefined) throw new Error(`var ${path} not found`);
  return { value };
};

const suspend: ProviderFunction = async (params, context) => {
  const { visit, label } = context;
  const { values } = visit.variables;
  const resumeKey = `${visit.id}.resumeTimeStamp`;
  const resume = values[resumeKey];
  if (resume !== undefined) {
    const at = parseTime(resume);
    if (at !== undefined && visit.now > at) return undefined;
    return hold(context);
  }
  const duration = textOf(params.duration);
  if (duration !== "") {
    const ms = parseGoDuration(duration);
    if (ms === undefined) throw new Error(`failed to parse duration ${duration}: ${durationFault(duration)}`);
    values[resumeKey] = formatTime(visit.now + ms);
  }
  const suspendedKey = `${visit.id}.${label}.suspendTimeStamp`;
  if (values[suspendedKey] !== undefined) {
    if (visit.recorded?.phase === "running") return undefined;
  } else {
    values[suspendedKey] = formatTime(visit.now);
  }
  return hold(context);
};

function hold({ outcome, label }: ProviderContext): never {
  // A step beyond its time-out does not suspend once more.
  if (outcome.phase !== "failed") {
    outcome.suspend = true;
    outcome.phase = "suspending";
    outcome.reason = "Suspend";
    outcome.message = `Suspended by field ${label}`;
  }
  throw new StepStop();
}

const operations = { wait, message, fail, break: stop, var: variable, suspend };

/** The operations under both of their providers: `builtin`, and `op` of the old style. */
export const builtinProviders: ProviderTable = { builtin: operations, op: operations };

export type BuiltinParameters = JsonObject;
