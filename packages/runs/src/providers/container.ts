/**
 * Steps in a container: a Job of one pod that runs once. Its name comes from the step's id, so that a visit after a crash
 * finds the Job of the one before. Where the last line of its output is a JSON object, that is what the step gives.
 */
import { type JsonObject, type JsonValue, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type ProviderContext, type ProviderTable, StepStop } from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export interface ContainerProviderOptions {
  readonly clientFor: (cluster: string) => Client;
}

const stepIdLabel = "workflowrun.oam.dev/step-session-id";
const logLines = 200;

export function containerProviders(options: ContainerProviderOptions): ProviderTable {
  return { container: { run: (params, context) => runContainer(options, params, context) } };
}

const runContainer = async (
  { clientFor }: ContainerProviderOptions,
  params: JsonObject,
  context: ProviderContext,
): Promise<JsonObject> => {
  const client = clientFor(textOf(params.cluster));
  const { signal } = context;
  const wanted = jobOf(params, context);
  const { namespace = "default", name = "" } = wanted.metadata;
  const reference = { apiVersion: "batch/v1", kind: "Job", namespace, name };
  const job = await client.get(reference, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return client.create(wanted, { signal });
  });
  const ended = (type: string): boolean =>
    ((valueAt(job, "status", "conditions") ?? []) as readonly JsonObject[]).some(
      (condition) => condition.type === type && condition.status === "True",
    );
  if (ended("Complete")) return resultOf(await podOutput(client, job, signal));
  if (ended("Failed")) return fail(context, name, await podOutput(client, job, signal));
  return wait(context, `container ${name} runs`);
};

function jobOf(params: JsonObject, { visit, fields }: ProviderContext): KubeObject {
  const run = textOf(fields.name);
  const labels = { [stepIdLabel]: visit.id, "workflowrun.oam.dev/name": run };
  const env = isJsonObject(params.env)
    ? Object.entries(params.env).map(([name, value]) => ({ name, value: textOf(value) }))
    : [];
  const fromSecrets = Array.isArray(params.envFromSecret)
    ? params.envFromSecret.filter(isJsonObject).map(({ name, secret, key }) => ({
        name: textOf(name),
        valueFrom: { secretKeyRef: { name: textOf(secret), key: textOf(key) } },
      }))
    : [];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${`${run}-${visit.step.name}`.slice(0, 63 - visit.id.length - 1)}-${visit.id}`,
      namespace: textOf(params.namespace) || textOf(fields.namespace) || "default",
      labels,
    },
    spec: {
      backoffLimit: typeof params.retries === "number" ? params.retries : 0,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          ...(textOf(params.serviceAccountName) === "" ? {} : { serviceAccountName: params.serviceAccountName }),
          containers: [
            {
              name: "step",
              image: params.image,
              ...(Array.isArray(params.cmd) ? { command: params.cmd } : {}),
              ...(Array.isArray(params.args) ? { args: params.args } : {}),
              env: [...env, ...fromSecrets],
            },
          ],
        },
      },
    },
  } as unknown as KubeObject;
}

/** The end of what the Job's newest pod has written. */
async function podOutput(client: Client, job: KubeObject, signal: AbortSignal): Promise<string> {
  const { namespace = "default", uid } = job.metadata;
  const { items } = await client.list({ apiVersion: "v1", kind: "Pod", namespace }, { signal });
  const pods = items
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true)
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? ""));
  const pod = pods.at(-1);
  if (pod === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  const stream = client.logs({ namespace, name: pod.metadata.name ?? "", tailLines: logLines, signal });
  for await (const part of stream) text += decoder.decode(part, { stream: true });
  return text;
}

function resultOf(logs: string): JsonObject {
  const last = logs.trimEnd().split("\n").at(-1) ?? "";
  let outputs: JsonValue = {};
  try {
    outputs = JSON.parse(last) as JsonValue;
  } catch {
    // A program that gives nothing.
  }
  return { logs, outputs: isJsonObject(outputs) ? outputs : {} };
}

function wait({ outcome }: ProviderContext, message: string): never {
  outcome.waiting = true;
  if (outcome.phase !== "failed" && outcome.phase !== "suspending")
    Object.assign(outcome, { phase: "running", reason: "Wait", message });
  throw new StepStop();
}

function fail({ outcome }: ProviderContext, name: string, logs: string): never {
  const last = logs.trimEnd().split("\n").at(-1) ?? "";
  Object.assign(outcome, {
    phase: "failed",
    reason: "Action",
    terminated: true,
    message: `container ${name} failed${last === "" ? "" : `: ${last.slice(0, 500)}`}`,
  });
  throw new StepStop();
}
