import type { JsonObject, JsonValue } from "@lateen/base";
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from "../../values/quantity.ts";
import { objects, read, record } from "../tables/read.ts";

type Sums = Map<string, Quantity>;

const zero = parseQuantity("0");

/** Guaranteed, Burstable or BestEffort, by processor and memory (pkg/apis/core/helper/qos, 1.36). */
export function qosClassOf(pod: JsonObject): string {
  const requests: Sums = new Map();
  const limits: Sums = new Map();
  const whole = read(pod, "spec", "resources");
  const parts: readonly JsonValue[] =
    whole === undefined || whole === null
      ? [...objects(pod, "spec", "containers"), ...objects(pod, "spec", "initContainers")].map((container) =>
          record(container, "resources"),
        )
      : [whole];
  let allLimited = true;
  for (const part of parts) {
    add(requests, record(part, "requests"));
    const limited = add(limits, record(part, "limits"));
    if (limited < 2) allLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const equal = [...requests].every(([name, amount]) => {
    const limit = limits.get(name);
    return limit !== undefined && compareQuantities(limit, amount) === 0;
  });
  return allLimited && equal && requests.size === limits.size ? "Guaranteed" : "Burstable";
}

/** Adds what counts and says how many of the two there were. */
function add(sums: Sums, amounts: JsonObject): number {
  let found = 0;
  for (const name of ["cpu", "memory"]) {
    const text = amounts[name];
    if (typeof text !== "string") continue;
    const amount = parseQuantity(text);
    if (compareQuantities(amount, zero) <= 0) continue;
    found++;
    const before = sums.get(name);
    sums.set(name, before === undefined ? amount : addQuantities(before, amount));
  }
  return found;
}
