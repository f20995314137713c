/** An Application as a server delivers it: with what its last revision keeps of it and of its definitions. */
import type { Client } from "@lateen/client";
import { type JsonValue, isNotFound } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { policiesOf, textOf } from "../application/application.ts";
import type { Compression } from "../controller/ports.ts";
import { revisionApi, storedDefinitions, storedInput } from "../controller/revision.ts";
import { unpackRevision } from "../controller/revision-content.ts";
import type { DefinitionSource } from "../definition/definition-set.ts";
import type { DryRunOptions } from "../dry-run.ts";

export type RecordedApplication = Pick<
  DryRunOptions,
  "application" | "definitions" | "externalPolicies" | "externalWorkflow"
>;

/**
 * The content of the Application's last revision; of one that has none yet, itself.
 * @throws ApiError when there is no such Application; RevisionContentError when the revision cannot be read.
 */
export async function recordedApplication(
  client: Client,
  target: {
    readonly namespace: string;
    readonly name: string;
    readonly live: DefinitionSource;
    readonly compression?: Compression | undefined;
    readonly signal?: AbortSignal;
  },
): Promise<RecordedApplication> {
  const { namespace, name, live } = target;
  const options = target.signal === undefined ? {} : { signal: target.signal };
  const application = await client.get(
    { apiVersion: revisionApi.apiVersion, kind: "Application", namespace, name },
    options,
  );
  const latest = textOf(valueAt(application, "status", "latestRevision", "name"));
  const stored = latest === "" ? undefined : await read(latest);
  const revision = stored === undefined ? undefined : unpackRevision(stored, target.compression);
  const input = revision === undefined ? undefined : storedInput(revision);
  if (revision === undefined || input === undefined) return { application, definitions: live };
  const workflow = input.external.find(({ kind }) => kind === "Workflow");
  const policies = input.external.filter(({ kind }) => kind === "Policy").map(policyJson);
  return {
    application: { ...application, spec: input.spec } as KubeObject,
    definitions: storedDefinitions(revision, live),
    externalPolicies: policiesOf(policies),
    ...(workflow === undefined ? {} : { externalWorkflow: workflow }),
  };

  async function read(revisionName: string): Promise<KubeObject | undefined> {
    try {
      return await client.get({ ...revisionApi, namespace, name: revisionName }, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

const policyJson = (policy: KubeObject): JsonValue => ({
  name: policy.metadata.name ?? "",
  type: valueAt(policy, "type") ?? "",
  properties: valueAt(policy, "properties") ?? {},
});
