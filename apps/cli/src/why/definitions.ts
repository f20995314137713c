import { deepFreeze, isAborted, isApiError } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type DefinitionSource, builtinDefinitions, createDefinitionSet, definitionKinds } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import { type ConnectOptions, connect, findKubeconfig } from "../connect.ts";
import { isApplication } from "../deliver.ts";
import type { LoadedFiles } from "../manifests.ts";
import type { VerbContext } from "../verb.ts";

/** All definitions that a server has. */
export async function readDefinitions(client: Client, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    Object.values(definitionKinds).map(async (kind) => {
      const { items } = await client.list({ apiVersion: "core.oam.dev/v1beta1", kind }, { signal });
      return items.map((item) => deepFreeze({ ...item, apiVersion: "core.oam.dev/v1beta1", kind }) as KubeObject);
    }),
  );
  return lists.flat();
}

/**
 * The definitions that count for files: those in the files, then those of the server, or those that come with Lateen
 * where there is no server to ask.
 */
export async function definitionsFor(
  { manifests }: Pick<LoadedFiles, "manifests">,
  flags: ConnectOptions,
  context: VerbContext,
): Promise<DefinitionSource> {
  const own = manifests.map(({ object }) => object).filter((object) => !isApplication(object));
  const installed = await installedDefinitions(flags, context);
  const isReplaced = ({ kind, metadata }: KubeObject): boolean =>
    own.some((one) => one.kind === kind && one.metadata.name === metadata.name);
  return createDefinitionSet([...installed.filter((one) => !isReplaced(one)), ...own]);
}

async function installedDefinitions(flags: ConnectOptions, context: VerbContext): Promise<readonly KubeObject[]> {
  const isNamed = flags.kubeconfig !== undefined || flags.dataDir !== undefined;
  if (!isNamed && !hasKubeconfig(flags, context)) return builtinDefinitions();
  try {
    await using client = connect(flags, context);
    return await readDefinitions(client, context.signal);
  } catch (error) {
    if (isNamed || isApiError(error) || isAborted(error)) throw error;
    context.terminal.error(
      "no server answers: the definitions that come with Lateen count (name a server with --kubeconfig)",
    );
    return builtinDefinitions();
  }
}

function hasKubeconfig(flags: ConnectOptions, context: VerbContext): boolean {
  try {
    findKubeconfig(flags, context);
    return true;
  } catch {
    return false;
  }
}
