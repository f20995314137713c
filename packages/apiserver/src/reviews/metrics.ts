import type { JsonObject } from "@lateen/base";
import { apiVersionOf, type KubeObject } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { listAnswer, objectAnswer } from "../answer/shapes.ts";
import { matchesObject, parseSelection } from "../read/selection.ts";
import type { ResourceRequest } from "../request/context.ts";
import { methodNotAllowed, notFound } from "../status/errors.ts";
import type { PodUsage, UsageFigures } from "../subresources/pod-streams.ts";

/** GET of `metrics.k8s.io`: what pods and nodes use now, asked of the node; nothing without one. */
export async function readMetrics(request: ResourceRequest): Promise<Answer> {
  const { resource, verb, name, namespace } = request;
  if (verb !== "get" && verb !== "list") throw methodNotAllowed();
  const isPods = resource.kind.plural === "pods";
  const figures = await request.core.podStreams?.usage?.();
  const all = figures === undefined ? [] : isPods ? podMetrics(request, figures) : nodeMetrics(request, figures);
  if (verb === "get") {
    const found = all.find(({ metadata }) => metadata.name === name && (!isPods || metadata.namespace === namespace));
    const shown = isPods ? `${namespace ?? ""}/${name}` : name;
    const owner = { group: resource.kind.group, resource: isPods ? "podmetrics" : "nodemetrics" };
    if (found === undefined) throw notFound(owner, shown);
    return objectAnswer(request, found, 200);
  }
  const selection = parseSelection(resource, request.query);
  const objects = all.filter(
    (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      matchesObject(resource, selection, object),
  );
  return listAnswer(request, { meta: {}, objects });
}

function common({ resource }: ResourceRequest, { atMs, windowMs }: UsageFigures): JsonObject {
  const timestamp = `${new Date(atMs).toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: apiVersionOf(resource.kind),
    kind: resource.kind.kind,
    timestamp,
    window: `${(windowMs / 1000).toFixed(3).replace(/\.?0+$/, "")}s`,
  };
}

function quantities({ cpuNanocores, memoryBytes }: UsageFigures["node"]): JsonObject {
  return { cpu: `${Math.round(cpuNanocores)}n`, memory: `${Math.round(memoryBytes / 1024)}Ki` };
}

function podMetrics(request: ResourceRequest, figures: UsageFigures): readonly KubeObject[] {
  return figures.pods.map(({ namespace, name, labels, containers }: PodUsage) => {
    const shared = common(request, figures);
    const metadata = { name, namespace, creationTimestamp: shared.timestamp!, ...(labels && { labels }) };
    const used = containers.map((one) => ({ name: one.name, usage: quantities(one) }));
    return { ...shared, metadata, containers: used } as unknown as KubeObject;
  });
}

function nodeMetrics(request: ResourceRequest, figures: UsageFigures): readonly KubeObject[] {
  const shared = common(request, figures);
  const metadata = { name: figures.nodeName, creationTimestamp: shared.timestamp! };
  return [{ ...shared, metadata, usage: quantities(figures.node) } as unknown as KubeObject];
}
