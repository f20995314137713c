import { errorMessage, type JsonObject } from "@lateen/base";
import { objectsOf, specOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import { type Core, readObject } from "../server/core.ts";
import type { ApiService } from "./api-service.ts";

export interface Availability {
  /** The condition Available, without its time. */
  readonly condition: JsonObject;
  /** What the API's server lists; undefined when it could not be asked. */
  readonly resources: JsonObject | undefined;
}

/** Whether an API can be reached, with kube-aggregator's reasons and words (remote_available_controller.go). */
export async function availabilityOf(
  core: Core,
  api: ApiService,
  fetch: (path: string) => Promise<JsonObject>,
): Promise<Availability> {
  const missing = missingPart(core, api);
  if (missing !== undefined) return { condition: conditionOf(missing), resources: undefined };
  const path = `/apis/${api.group}/${api.version}`;
  try {
    const resources = await fetch(path);
    return {
      condition: { type: "Available", status: "True", reason: "Passed", message: "all checks passed" },
      resources,
    };
  } catch (error) {
    const message = `failing or missing response from https://${addressOf(core, api)}${path}: ${errorMessage(error)}`;
    return { condition: conditionOf({ reason: "FailedDiscoveryCheck", message }), resources: undefined };
  }
}

interface Problem {
  readonly reason: string;
  readonly message: string;
}

function conditionOf({ reason, message }: Problem): JsonObject {
  return { type: "Available", status: "False", reason, message };
}

function addressOf(core: Core, api: ApiService): string {
  try {
    return core.resolveService(api.service);
  } catch {
    return `${api.service.name}.${api.service.namespace}.svc`;
  }
}

/** What of the service is not there. */
function missingPart(core: Core, { service }: ApiService): Problem | undefined {
  const { namespace, name, port } = service;
  const shown = `service/${name} in ${JSON.stringify(namespace)}`;
  const services = core.table.lookup({ group: "", version: "v1", plural: "services" })!;
  const found = readObject(core, services, `${services.prefix}${namespace}/${name}`);
  if (found === undefined) return { reason: "ServiceNotFound", message: `${shown} is not present` };
  const spec = specOf(found);
  if (spec.type === "ExternalName") return undefined;
  const wanted = objectsOf(spec.ports).find((one) => one.port === port);
  if (wanted === undefined) {
    return { reason: "ServicePortError", message: `${shown} is not listening on port ${port}` };
  }
  try {
    core.resolveService(service);
    return undefined;
  } catch {
    const message = `endpointslices for ${shown} have no addresses with port name ${JSON.stringify(textOf(wanted.name))}`;
    return { reason: "MissingEndpoints", message };
  }
}
