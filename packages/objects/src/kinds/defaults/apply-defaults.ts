import type { JsonObject } from "@lateen/base";
import { asJson, type KubeObject } from "../../kube-object.ts";
import type { Kind } from "../kind.ts";
import { coreDefaulters } from "./core.ts";
import { otherDefaulters } from "./others.ts";
import { podDefaulters } from "./pods.ts";
import { roundTrip } from "./round-trip.ts";
import { type DefaultContext, DefaultWalk } from "./walk.ts";
import { workloadDefaulters } from "./workloads.ts";

const walk = new DefaultWalk(podDefaulters, coreDefaulters, workloadDefaulters, otherDefaulters);

/**
 * A built-in object as a server reads it: with its defaults, and with what the way through the internal version changes
 * (`stringData` becomes `data`, `serviceAccount` follows `serviceAccountName`). Takes the typed form (`decodeTyped`), gives
 * it back; running it twice changes nothing. Custom resources are returned as they are.
 */
export function applyKindDefaults(object: KubeObject, kind: Kind, context: DefaultContext): KubeObject {
  const { type } = kind;
  if (type === undefined) return object;
  const converted: JsonObject = roundTrip(asJson(object), kind);
  return walk.struct(converted, type, context) as unknown as KubeObject;
}
