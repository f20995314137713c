/** Takes an Application back to a revision: its spec, and with it everything that the revision was delivered from. */
import { type JsonObject, isConflict } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { OperationError } from "@lateen/workflow";
import { appAnnotations, appOf, revisionNumber } from "./application/application.ts";
import type { Compression } from "./controller/ports.ts";
import { revisionApi, rolledBackAnnotation, storedInput } from "./controller/revision.ts";
import { unpackRevision } from "./controller/revision-content.ts";
import { oamLabels } from "./render/metadata.ts";
import { applicationApi } from "./workflow-operations.ts";

export interface RollbackTarget {
  readonly namespace: string;
  readonly name: string;
  /** `shop-v3` or `3`; without it the newest that succeeded before the current one. */
  readonly revision?: string | undefined;
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal;
}

const maxTries = 5;

/**
 * The Application runs again what the revision holds: spec, definitions, external policies and workflow, referred objects.
 * @returns the revision's name. @throws OperationError when there is no such revision, ApiError.
 */
export async function rollbackApplication(client: Client, target: RollbackTarget): Promise<string> {
  const { namespace, name, signal } = target;
  for (let attempt = 1; ; attempt++) {
    const application = await client.get({ ...applicationApi, namespace, name }, { signal });
    const { items } = await client.list(
      { ...revisionApi, namespace },
      { labelSelector: `${oamLabels.name}=${name}`, signal },
    );
    const chosen = chooseRevision(application, items, target);
    const input = storedInput(unpackRevision(chosen, target.compression));
    if (input === undefined) throw new OperationError(`revision ${chosen.metadata.name} holds no application`);
    try {
      await client.update(takenBack(application, chosen, input.spec), { signal });
      return chosen.metadata.name!;
    } catch (error) {
      if (!isConflict(error) || attempt >= maxTries) throw error;
    }
  }
}

function chooseRevision(application: KubeObject, known: readonly KubeObject[], target: RollbackTarget): KubeObject {
  const { name, namespace, revision } = target;
  const current = revisionNumber(appOf(application).revisionName);
  const numbered = known
    .map((object) => ({ object, number: revisionNumber(object.metadata.name ?? "") }))
    .toSorted((a, b) => b.number - a.number);
  const wanted =
    revision === undefined
      ? numbered.find(({ object, number }) => number < current && valueAt(object, "status", "succeeded") === true)
      : numbered.find(({ object, number }) => object.metadata.name === revision || String(number) === revision);
  if (wanted !== undefined) return wanted.object;
  const names = numbered.map(({ object }) => object.metadata.name).join(", ");
  throw new OperationError(
    revision === undefined
      ? `no earlier revision of ${namespace}/${name} has succeeded; there are: ${names}`
      : `there is no revision ${revision} of ${namespace}/${name}; there are: ${names}`,
  );
}

function takenBack(application: KubeObject, revision: KubeObject, spec: JsonObject): KubeObject {
  const published = revision.metadata.annotations?.[appAnnotations.publishVersion];
  const { [appAnnotations.publishVersion]: _, ...annotations } = application.metadata.annotations ?? {};
  return {
    ...application,
    metadata: {
      ...application.metadata,
      annotations: {
        ...annotations,
        ...(published !== undefined && { [appAnnotations.publishVersion]: published }),
        [rolledBackAnnotation]: revision.metadata.name!,
      },
    },
    spec,
  };
}
