import { TaskGroup, isAborted } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { applicationApi, collectObjects, type ApplicationName } from "./application-view.ts";

export interface LogOptions {
  readonly follow?: boolean;
  readonly tailLines?: number;
  /** Only this component's pods. */
  readonly component?: string | undefined;
  readonly container?: string | undefined;
  readonly signal: AbortSignal;
  readonly onLine: (pod: string, line: string) => void;
}

/** The pods of an application: those that carry its label, and those that what it applied has made. */
export async function podsOfApplication(
  client: Client,
  target: ApplicationName,
  options: { readonly component?: string | undefined; readonly signal: AbortSignal },
): Promise<KubeObject[]> {
  const application = await client.get({ ...applicationApi, ...target }, { signal: options.signal });
  const objects = await collectObjects(client, application, { signal: options.signal });
  const byUid = new Map(objects.map((object) => [object.metadata.uid, object]));
  const belongs = (object: KubeObject, depth = 0): boolean => {
    const { labels = {}, ownerReferences = [] } = object.metadata;
    if (
      labels["app.oam.dev/name"] === target.name &&
      (options.component === undefined || labels["app.oam.dev/component"] === options.component)
    )
      return true;
    return depth < 5 && ownerReferences.some(({ uid }) => byUid.has(uid) && belongs(byUid.get(uid)!, depth + 1));
  };
  return objects.filter((object) => object.kind === "Pod" && belongs(object));
}

/** Reads the logs of every pod of an application, line by line. */
export async function logsOfApplication(client: Client, target: ApplicationName, options: LogOptions): Promise<number> {
  const pods = await podsOfApplication(client, target, options);
  const tasks = new TaskGroup(options.signal);
  for (const pod of pods) tasks.run((signal) => readPod(client, pod, { ...options, signal }));
  await tasks.wait();
  return pods.length;
}

async function readPod(
  client: Client,
  pod: KubeObject,
  { follow, tailLines, container, signal, onLine }: LogOptions,
): Promise<void> {
  const containers = (valueAt(pod, "spec", "containers") ?? []) as readonly { readonly name: string }[];
  const stream = client.logs({
    namespace: pod.metadata.namespace ?? "default",
    name: pod.metadata.name ?? "",
    container: container ?? containers[0]?.name,
    follow,
    tailLines,
    signal,
  });
  const decoder = new TextDecoder();
  let rest = "";
  const take = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(pod.metadata.name ?? "", line);
  };
  try {
    for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
  } catch (error) {
    if (!isAborted(error)) throw error;
  }
  if (rest !== "") onLine(pod.metadata.name ?? "", rest);
}
