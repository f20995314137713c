/** Takes away pods that nobody will end: finished ones beyond a number, those of nodes that are gone, deleted ones that never ran (pkg/controller/podgc). */
import { isConflict, isNotFound } from "@lateen/base";
import type { Controller, Environment, ReconcileContext, Result } from "@lateen/controller";
import { type Node, nodeKind } from "../api/cluster.ts";
import { type Pod, podKind } from "../api/pod.ts";
import { isPodFinished, isPodTerminating } from "../pods/pod-state.ts";

const intervalMs = 20_000;
/** Finished pods that are kept, as kube-controller-manager's default. */
const finishedPods = 12_500;
/** A node must have been gone for two looks, so that a cache that lags behind costs no pods. */
const orphanLooks = 2;

const everything = { namespace: "", name: "pods" };

export function createPodCollector(environment: Environment): Controller {
  const looks = new Map<string, number>();
  return {
    name: "pod-gc",
    sources: [
      {
        ...podKind,
        when: (pod) => isPodTerminating(pod as Pod) && (pod as Pod).spec?.nodeName === undefined,
        map: () => [everything],
      },
      { ...nodeKind, when: (node, previous) => node === previous || previous === undefined, map: () => [everything] },
    ],
    reconcile: (_, context) => collectPods(environment, looks, context),
  };
}

async function collectPods(
  environment: Environment,
  looks: Map<string, number>,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache } = environment;
  const pods = cache.list<Pod>(podKind);
  const nodes = new Set(cache.list<Node>(nodeKind).map(({ metadata }) => metadata.name));
  const leaving: Pod[] = pods.filter((pod) => isPodTerminating(pod) && pod.spec?.nodeName === undefined);

  const missing = new Set(
    pods.flatMap(({ spec }) => (spec?.nodeName === undefined || nodes.has(spec.nodeName) ? [] : [spec.nodeName])),
  );
  for (const name of looks.keys()) if (!missing.has(name)) looks.delete(name);
  for (const name of missing) looks.set(name, (looks.get(name) ?? 0) + 1);
  leaving.push(
    ...pods.filter(({ spec }) => spec?.nodeName !== undefined && (looks.get(spec.nodeName) ?? 0) >= orphanLooks),
  );

  const finished = pods.filter((pod) => isPodFinished(pod) && !isPodTerminating(pod));
  if (finished.length > finishedPods) {
    const oldestFirst = finished.toSorted((a, b) => born(a) - born(b));
    leaving.push(...oldestFirst.slice(0, finished.length - finishedPods));
  }
  for (const pod of leaving) await endPod(environment, pod, signal);
  return { requeueAfterMs: intervalMs };
}

const born = (pod: Pod): number => Date.parse(pod.metadata.creationTimestamp ?? "") || 0;

async function endPod({ client }: Environment, pod: Pod, signal: AbortSignal): Promise<void> {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  try {
    await client.delete({ ...podKind, namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
