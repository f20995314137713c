import { isJsonObject, type JsonObject } from "@lateen/base";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  type KubeObject,
  parseQuantity,
  type Quantity,
  quantityMillis,
  valueAt,
} from "@lateen/objects";
import { objectsOf, specOf, withMetadata, withSpec } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { forbidden } from "../status/errors.ts";

/** Defaults and bounds of what pods and claims of a namespace ask for (plugin/pkg/admission/limitranger). */
type Quantities = Readonly<Record<string, string>>;

interface Limit {
  readonly type: string;
  readonly max: Quantities;
  readonly min: Quantities;
  readonly default: Quantities;
  readonly defaultRequest: Quantities;
  readonly maxLimitRequestRatio: Quantities;
}

function limitsOf(request: ResourceRequest): readonly Limit[] {
  const { core, table, namespace } = request;
  if (namespace === undefined) return [];
  const resource = table.lookup({ group: "", version: "v1", plural: "limitranges" })!;
  return core.store.range(`${resource.prefix}${namespace}/`).entries.flatMap((entry) =>
    objectsOf(valueAt(core.reader.read(resource, entry), "spec", "limits")).map((limit) => ({
      type: textOf(limit.type),
      max: quantitiesOf(limit.max),
      min: quantitiesOf(limit.min),
      default: quantitiesOf(limit.default),
      defaultRequest: quantitiesOf(limit.defaultRequest),
      maxLimitRequestRatio: quantitiesOf(limit.maxLimitRequestRatio),
    })),
  );
}

function quantitiesOf(value: unknown): Quantities {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, quantity]) => [name, textOf(quantity)]));
}

/** The pod with what it did not ask for. */
export function defaultLimits(request: ResourceRequest, pod: KubeObject): KubeObject {
  const containerLimits = limitsOf(request).filter(({ type }) => type === "Container");
  const limits = Object.assign({}, ...containerLimits.map((limit) => limit.default)) as Quantities;
  const requests = Object.assign({}, ...containerLimits.map((limit) => limit.defaultRequest)) as Quantities;
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) return pod;
  const notes: string[] = [];
  const fill =
    (kind: string) =>
    (container: JsonObject): JsonObject => {
      const resources = isJsonObject(container.resources) ? container.resources : {};
      const own = { limits: quantitiesOf(resources.limits), requests: quantitiesOf(resources.requests) };
      const addedRequests = Object.keys(requests)
        .filter((name) => own.requests[name] === undefined)
        .toSorted();
      const addedLimits = Object.keys(limits)
        .filter((name) => own.limits[name] === undefined)
        .toSorted();
      const name = textOf(container.name);
      if (addedRequests.length > 0) notes.push(`${addedRequests.join(", ")} request for ${kind} ${name}`);
      if (addedLimits.length > 0) notes.push(`${addedLimits.join(", ")} limit for ${kind} ${name}`);
      const filled = { limits: { ...limits, ...own.limits }, requests: { ...requests, ...own.requests } };
      return {
        ...container,
        resources: {
          ...resources,
          ...(Object.keys(filled.limits).length > 0 && { limits: filled.limits }),
          ...(Object.keys(filled.requests).length > 0 && { requests: filled.requests }),
        },
      };
    };
  const containers = objectsOf(specOf(pod).containers).map(fill("container"));
  const init = objectsOf(specOf(pod).initContainers).map(fill("init container"));
  if (notes.length === 0) return pod;
  const filled = withSpec(pod, { containers, ...(init.length > 0 && { initContainers: init }) });
  const annotation = `LimitRanger plugin set: ${notes.join("; ")}`;
  return withMetadata(filled, {
    annotations: { ...pod.metadata.annotations, "kubernetes.io/limit-ranger": annotation },
  });
}

/** @throws Forbidden when a pod or claim asks for more or less than its namespace lets it. */
export function checkLimits(request: ResourceRequest, object: KubeObject): void {
  const { kind, groupResource } = request.resource;
  const isPod = kind.kind === "Pod";
  if (kind.group !== "" || (!isPod && kind.kind !== "PersistentVolumeClaim")) return;
  const errors = limitsOf(request).flatMap((limit) => (isPod ? podErrors(limit, object) : claimErrors(limit, object)));
  if (errors.length === 0) return;
  const text = errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`;
  throw forbidden(groupResource, object.metadata.name ?? "", text);
}

interface Asked {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

function podErrors(limit: Limit, pod: KubeObject): readonly string[] {
  const asked = [...objectsOf(specOf(pod).containers), ...objectsOf(specOf(pod).initContainers)].map(askedOf);
  if (limit.type === "Container") return asked.flatMap((one) => boundErrors(limit, one));
  if (limit.type !== "Pod") return [];
  const containers = objectsOf(specOf(pod).containers).map(askedOf);
  return boundErrors(limit, {
    requests: sum(containers.map((one) => one.requests)),
    limits: sum(containers.map((one) => one.limits)),
  });
}

function askedOf({ resources }: JsonObject): Asked {
  return { requests: quantitiesOf(valueAt(resources, "requests")), limits: quantitiesOf(valueAt(resources, "limits")) };
}

function sum(all: readonly Quantities[]): Quantities {
  const total = new Map<string, Quantity>();
  for (const quantities of all) {
    for (const [name, text] of Object.entries(quantities)) {
      const quantity = parseQuantity(text);
      const before = total.get(name);
      total.set(name, before === undefined ? quantity : addQuantities(before, quantity));
    }
  }
  return Object.fromEntries([...total].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

const compareTexts = (left: string, right: string): number =>
  compareQuantities(parseQuantity(left), parseQuantity(right));

function boundErrors(limit: Limit, { requests, limits }: Asked): readonly string[] {
  const { type } = limit;
  const errors: string[] = [];
  for (const [name, bound] of Object.entries(limit.min)) {
    const [asked, most] = [requests[name], limits[name]];
    const head = `minimum ${name} usage per ${type} is ${bound}`;
    if (asked === undefined) errors.push(`${head}.  No request is specified`);
    else if (compareTexts(asked, bound) < 0) errors.push(`${head}, but request is ${asked}`);
    else if (most !== undefined && compareTexts(most, bound) < 0) errors.push(`${head}, but limit is ${most}`);
  }
  for (const [name, bound] of Object.entries(limit.max)) {
    const [asked, most] = [requests[name], limits[name]];
    const head = `maximum ${name} usage per ${type} is ${bound}`;
    if (most === undefined) errors.push(`${head}.  No limit is specified`);
    else if (compareTexts(most, bound) > 0) errors.push(`${head}, but limit is ${most}`);
    else if (asked !== undefined && compareTexts(asked, bound) > 0) errors.push(`${head}, but request is ${asked}`);
  }
  for (const [name, bound] of Object.entries(limit.maxLimitRequestRatio)) {
    const problem = ratioError(requests[name], limits[name], bound);
    if (problem !== undefined)
      errors.push(`${name} max limit to request ratio per ${type} is ${bound}, but ${problem}`);
  }
  return errors;
}

function ratioError(asked: string | undefined, most: string | undefined, bound: string): string | undefined {
  const request = asked === undefined ? 0 : Number(quantityMillis(parseQuantity(asked)));
  const limit = most === undefined ? 0 : Number(quantityMillis(parseQuantity(most)));
  if (request === 0) return "no request is specified or request is 0";
  if (limit === 0) return "no limit is specified or limit is 0";
  const ratio = limit / request;
  return ratio > Number(quantityMillis(parseQuantity(bound))) / 1000
    ? `provided ratio is ${ratio.toFixed(6)}`
    : undefined;
}

function claimErrors(limit: Limit, claim: KubeObject): readonly string[] {
  if (limit.type !== "PersistentVolumeClaim") return [];
  const requests = quantitiesOf(valueAt(claim, "spec", "resources", "requests"));
  const errors: string[] = [];
  for (const [name, bound] of Object.entries(limit.min)) {
    const asked = requests[name];
    if (asked !== undefined && compareTexts(asked, bound) < 0) {
      errors.push(`minimum ${name} usage per PersistentVolumeClaim is ${bound}, but request is ${asked}`);
    }
  }
  for (const [name, bound] of Object.entries(limit.max)) {
    const asked = requests[name];
    if (asked !== undefined && compareTexts(asked, bound) > 0) {
      errors.push(`maximum ${name} usage per PersistentVolumeClaim is ${bound}, but request is ${asked}`);
    }
  }
  return errors;
}
