import { apiVersionOf } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { readEntry } from "../object/convert-to.ts";
import { isPassThrough } from "../object/object-reader.ts";
import { concatBytes, spliceStored } from "../object/stored-form.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { notFound } from "../status/errors.ts";
import { objectAnswer } from "../answer/shapes.ts";
import { parseRevision, watchRevisionError } from "./list-options.ts";
import { waitForRevision } from "./revision.ts";

/** GET of one object: the stored bytes themselves where no conversion is asked for. */
export async function getObject(request: ResourceRequest): Promise<Answer> {
  const { core, resource, form } = request;
  const asked = parseRevision(request.query.get("resourceVersion") ?? "", watchRevisionError);
  if (asked.kind === "revision") await waitForRevision(request, asked.revision);
  const entry = core.store.get(keyOf(resource, request.namespace, request.name));
  if (entry === undefined) throw notFound(resource.groupResource, request.name);
  if (form.as === undefined && isPassThrough(resource, entry)) {
    const gvk = { apiVersion: apiVersionOf(resource.kind), kind: resource.kind.kind };
    return { kind: "json", status: 200, bytes: concatBytes(spliceStored(entry, gvk)) };
  }
  return objectAnswer(request, await readEntry(core, resource, entry), 200);
}
