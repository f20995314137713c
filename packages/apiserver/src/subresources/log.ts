import { objectsOf, specOf } from "../kinds/edit.ts";
import type { Answer } from "../answer/answer.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { readObject } from "../server/core.ts";
import { badRequest, notFound, statusError } from "../status/errors.ts";
import { textOf } from "../object/text.ts";

/** GET `pods/NAME/log`, as plain text. */
export async function readLog(request: ResourceRequest): Promise<Answer> {
  const { core, resource, query, namespace = "", name } = request;
  const pod = readObject(core, resource, keyOf(resource, namespace, name));
  if (pod === undefined) throw notFound(resource.groupResource, name);
  const names = [...objectsOf(specOf(pod).containers), ...objectsOf(specOf(pod).initContainers)].map((container) =>
    textOf(container.name),
  );
  const asked = query.get("container") ?? "";
  if (asked === "" && objectsOf(specOf(pod).containers).length > 1) {
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(" ")}]`);
  }
  if (asked !== "" && !names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
  if (core.podStreams === undefined) throw noNode(name);
  const stream = await core.podStreams.logs({
    namespace,
    name,
    container: asked === "" ? names[0] : asked,
    follow: query.flag("follow"),
    previous: query.flag("previous"),
    timestamps: query.flag("timestamps"),
    tailLines: query.integer("tailLines"),
    sinceSeconds: query.integer("sinceSeconds"),
    sinceTime: query.get("sinceTime"),
    limitBytes: query.integer("limitBytes"),
    signal: request.http.signal,
  });
  return { kind: "stream", contentType: "text/plain", stream };
}

export function noNode(name: string): Error {
  return statusError(503, "ServiceUnavailable", `no node agent serves the streams of pod ${name}`);
}
