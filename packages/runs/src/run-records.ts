/** What a run keeps in ConfigMaps beside its status: variables, an account of what steps did, evaluated CUE for debugging. */
import { type KubeObject, valueAt } from "@lateen/objects";
import type { Client } from "@lateen/client";
import { OwnedConfigMap } from "@lateen/controller";
import { type StepCall, appendToJournal, journalName } from "@lateen/workflow";
import { textOf } from "./text-of.ts";

interface Owned {
  readonly client: Client;
  readonly run: KubeObject;
  readonly signal: AbortSignal;
}

/** The usual name of the ConfigMap that keeps a run's variables. */
export const runContextName = (name: string): string => `workflow-${name}-context`;

/** The ConfigMap of a run's variables: the one that its status names. */
export function contextOfRun({ client, run, signal }: Owned): OwnedConfigMap {
  const named = textOf(valueAt(run.status, "contextBackend", "name"));
  const name = named === "" ? runContextName(run.metadata.name ?? "") : named;
  return new OwnedConfigMap({ client, owner: run, name, signal });
}

/** An account of what steps did; a run does not fail for it. */
export async function writeJournal({ client, run, signal }: Owned, calls: readonly StepCall[]): Promise<void> {
  if (calls.length === 0) return;
  try {
    const kept = new OwnedConfigMap({ client, owner: run, name: journalName(run.metadata.name ?? ""), signal });
    const { journal = "" } = await kept.load();
    await kept.save({ journal: appendToJournal(journal, calls) });
  } catch (error) {
    if (signal.aborted) throw error;
  }
}

/** A step's CUE as it was evaluated (kubevela-workflow.md 7). */
export async function writeDebug(
  { client, run, signal }: Owned,
  { id, text }: { readonly id: string; readonly text: string },
): Promise<void> {
  const { name = "", uid = "" } = run.metadata;
  const kept = new OwnedConfigMap({ client, owner: run, name: `${name}-${id}-debug-${uid.slice(-5)}`, signal });
  await kept.load();
  await kept.save({ debug: text });
}
