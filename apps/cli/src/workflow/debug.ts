/** A step looked at from inside: its evaluated CUE; and the same step run again, alone and with other input, on a copy. */
import { type JsonObject, isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { runApi } from "@lateen/runs/pure";
import { type Step, contextToData, parseKeyPath, setByPath } from "@lateen/workflow";
import { type WorkflowSubject, readContext } from "./subject.ts";

const debugAnnotation = "workflowrun.oam.dev/debug";

/** @throws Error with the names of the steps that there are. */
export function stepNamed({ plan, namespace, name }: WorkflowSubject, wanted: string): Step {
  const steps = plan.steps.flatMap((step) => [step, ...step.subSteps]);
  const found = steps.find((step) => step.name === wanted);
  if (found !== undefined) return found;
  throw new Error(
    `${namespace}/${name} has no step ${wanted}: its steps are ${steps.map((step) => step.name).join(", ")}`,
  );
}

/** The CUE that a step came to in a run with the debug annotation, or undefined where nothing was kept. */
export async function debugText(
  client: Client,
  subject: WorkflowSubject,
  { step, signal }: { readonly step: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { namespace, name, object, status } = subject;
  const id = status?.steps.flatMap((one) => [one, ...one.subSteps]).find((one) => one.name === step)?.id;
  if (id === undefined) return undefined;
  const tail = (object.metadata.uid ?? "").slice(-5);
  const { items } = await client.list({ apiVersion: "v1", kind: "ConfigMap", namespace }, { signal });
  const map = items.find(({ metadata }) => metadata.name === `${name}-${id}-debug-${tail}`);
  const text = valueAt(map, "data", "debug");
  return typeof text === "string" ? text : undefined;
}

/** `a.b=1`, `c=text`: a value is JSON where it can be read as such. @throws Error for what has no `=`. */
export function parseSetting(text: string): readonly [string, JsonObject[string]] {
  const at = text.indexOf("=");
  if (at <= 0) throw new Error(`--set ${text}: write path=value, as replicas=3 or request.body=hello`);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value) as JsonObject[string]];
  } catch {
    return [text.slice(0, at), value];
  }
}

/**
 * Starts a run of this one step, with the variables of the run it comes from and changed properties. What the step does
 * outside it does for real.
 */
export async function rerunOnCopy(
  client: Client,
  subject: WorkflowSubject,
  {
    step,
    settings,
    signal,
  }: { readonly step: Step; readonly settings: readonly string[]; readonly signal: AbortSignal },
): Promise<KubeObject> {
  if (subject.kind === "Application")
    throw new Error(
      "a step of an Application cannot run alone: it would deliver outside its Application. Change the Application, or try the step in a WorkflowRun",
    );
  const properties = settings.map(parseSetting).reduce<JsonObject>((result, [path, value]) => {
    const parts = parseKeyPath(path);
    if (parts === undefined || parts.length === 0) throw new Error(`--set ${path}: this is no path`);
    const next = setByPath(result, parts, value ?? null);
    return isJsonObject(next) ? next : result;
  }, step.properties ?? {});
  const { namespace, name } = subject;
  const run = await client.create(
    {
      ...runApi,
      metadata: {
        generateName: `${name}-debug-`,
        namespace,
        annotations: { [debugAnnotation]: "true" },
        labels: { "lateen.dev/debug-of": name },
      },
      spec: {
        ...(isJsonObject(valueAt(subject.object, "spec", "context"))
          ? { context: valueAt(subject.object, "spec", "context") }
          : {}),
        workflowSpec: {
          steps: [
            {
              name: step.name,
              type: step.type,
              properties,
              inputs: step.inputs.map(({ from, parameterKey }) => ({
                from,
                ...(parameterKey === undefined ? {} : { parameterKey }),
              })),
              outputs: step.outputs.map((output) => ({ ...output })),
            },
          ],
        },
      },
    } as unknown as KubeObject,
    { signal },
  );
  await copyVariables(client, subject, { run, signal });
  return run;
}

/** The copy finds the variables that the step's inputs name; it may have made its own ConfigMap meanwhile. */
async function copyVariables(
  client: Client,
  subject: WorkflowSubject,
  { run, signal }: { readonly run: KubeObject; readonly signal: AbortSignal },
): Promise<void> {
  const { vars } = await readContext(client, subject, signal);
  const { name = "", namespace, uid = "" } = run.metadata;
  const ownerReferences = [{ apiVersion: run.apiVersion, kind: run.kind, name, uid, controller: true }];
  await client.apply(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `workflow-${name}-context`, namespace, ownerReferences },
      data: contextToData({ vars, values: {} }),
    } as unknown as KubeObject,
    { fieldManager: "lateen", force: true, signal },
  );
}
