/**
 * What a pod asks for (component-helpers/resource): the larger of what its containers ask together and what each init
 * container asks while it runs, with the sidecars started before it; plus overhead; pod-level requests replace the sum.
 * Amounts are integers: millicores for cpu, units for the rest.
 */
import { parseQuantity, quantityMillis, quantityValue } from "@lateen/objects";
import type { ResourceList, SchedulingContainer, SchedulingPod } from "./objects.ts";

export type Amounts = ReadonlyMap<string, number>;

/** Counted, for scores only, for a container that does not say what it needs (util/pod_resources.go). */
const defaultRequests: Amounts = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
]);

/** Resources that pod-level requests may name. */
const podLevelResources = (name: string): boolean =>
  name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/** Quantities as integers. Text that is no quantity counts as nothing. */
export function amountsOf(list: ResourceList | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [name, text] of Object.entries(list ?? {})) amounts.set(name, amountOf(name, text));
  return amounts;
}

export function amountOf(name: string, text: string | number): number {
  try {
    const quantity = parseQuantity(String(text));
    return Number(name === "cpu" ? quantityMillis(quantity) : quantityValue(quantity));
  } catch {
    return 0;
  }
}

function addTo(sum: Map<string, number>, more: Amounts): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount);
}

function raiseTo(sum: Map<string, number>, more: Amounts): void {
  for (const [name, amount] of more) sum.set(name, Math.max(sum.get(name) ?? 0, amount));
}

interface PodAmounts {
  readonly requests: Amounts;
  /** With the defaults for scores filled in. */
  readonly nonZero: Amounts;
}

/** Pods are immutable, so each is added up once. */
const known = new WeakMap<SchedulingPod, PodAmounts>();

export function podAmounts(pod: SchedulingPod): PodAmounts {
  let amounts = known.get(pod);
  if (amounts === undefined) {
    amounts = { requests: sumRequests(pod, undefined), nonZero: sumRequests(pod, defaultRequests) };
    known.set(pod, amounts);
  }
  return amounts;
}

function sumRequests(pod: SchedulingPod, defaults: Amounts | undefined): Amounts {
  const { spec = {} } = pod;
  const sum = new Map<string, number>();
  for (const container of spec.containers ?? []) addTo(sum, containerRequests(container, defaults));

  const sidecars = new Map<string, number>();
  const highest = new Map<string, number>();
  for (const container of spec.initContainers ?? []) {
    const requests = containerRequests(container, defaults);
    if (container.restartPolicy === "Always") {
      addTo(sum, requests);
      addTo(sidecars, requests);
      raiseTo(highest, sidecars);
    } else {
      const during = new Map(sidecars);
      addTo(during, requests);
      raiseTo(highest, during);
    }
  }
  raiseTo(sum, highest);
  // The scores of the real scheduler look at the containers alone (recorded in its cases).
  if (defaults === undefined) for (const [name, amount] of podLevelRequests(pod)) sum.set(name, amount);
  addTo(sum, amountsOf(spec.overhead));
  return sum;
}

/** Requests of the pod as a whole; where it gives only a limit, the limit (as the API server defaults it). */
function podLevelRequests({ spec }: SchedulingPod): Amounts {
  const amounts = new Map<string, number>();
  for (const list of [spec?.resources?.limits, spec?.resources?.requests]) {
    for (const [name, amount] of amountsOf(list)) if (podLevelResources(name)) amounts.set(name, amount);
  }
  return amounts;
}

function containerRequests({ resources }: SchedulingContainer, defaults: Amounts | undefined): Amounts {
  const requests = amountsOf(resources?.requests);
  // As the API server defaults pods: what is limited and not requested is requested to its limit.
  for (const [name, amount] of amountsOf(resources?.limits)) if (!requests.has(name)) requests.set(name, amount);
  for (const [name, amount] of defaults ?? []) if (!requests.has(name)) requests.set(name, amount);
  return requests;
}
