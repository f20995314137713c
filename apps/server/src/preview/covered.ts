/** Objects that may be shown: secrets are covered, and whether they differ is still seen (as `kubectl diff` does). */
import { type JsonObject, type JsonValue, isJsonObject, jsonEquals, maskSecrets, maskedText } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

const maxText = 1_000_000;

export function covered(object: KubeObject): KubeObject {
  return maskSecrets(object as unknown as JsonValue, { maxText }) as unknown as KubeObject;
}

/** Both with their secrets covered; one that differs reads `*** (before)` and `*** (after)`. */
export function coveredPair(before: KubeObject, after: KubeObject): readonly [KubeObject, KubeObject] {
  const pair = [covered(before), covered(after)] as unknown as readonly [JsonValue, JsonValue];
  const marked = mark(pair, [before, after] as unknown as readonly [JsonValue, JsonValue], 0);
  return marked as unknown as readonly [KubeObject, KubeObject];
}

type Pair = readonly [JsonValue | undefined, JsonValue | undefined];

/** Recursion ends where `maskSecrets` has cut what is too deep. */
function mark([left, right]: Pair, [oldValue, newValue]: Pair, depth: number): Pair {
  if (depth > 100) return [left, right];
  if (left === maskedText && right === maskedText)
    return jsonEquals(oldValue as JsonValue, newValue as JsonValue)
      ? [left, right]
      : [`${maskedText} (before)`, `${maskedText} (after)`];
  if (Array.isArray(left) && Array.isArray(right) && Array.isArray(oldValue) && Array.isArray(newValue)) {
    const pairs = Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
      mark([left[i], right[i]], [oldValue[i], newValue[i]], depth + 1),
    );
    return [pairs.slice(0, left.length).map(([one]) => one!), pairs.slice(0, right.length).map(([, other]) => other!)];
  }
  if (isJsonObject(left) && isJsonObject(right) && isJsonObject(oldValue) && isJsonObject(newValue)) {
    const [before, after]: [Record<string, JsonValue>, Record<string, JsonValue>] = [{}, {}];
    for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const own = (object: JsonObject): JsonValue | undefined =>
        Object.hasOwn(object, name) ? object[name] : undefined;
      const [one, other] = mark([own(left), own(right)], [own(oldValue), own(newValue)], depth + 1);
      if (one !== undefined)
        Object.defineProperty(before, name, { value: one, enumerable: true, configurable: true, writable: true });
      if (other !== undefined)
        Object.defineProperty(after, name, { value: other, enumerable: true, configurable: true, writable: true });
    }
    return [before, after];
  }
  return [left, right];
}
