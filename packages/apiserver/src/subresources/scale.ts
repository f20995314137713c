import type { KubeObject } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { readEntry } from "../object/convert-to.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { methodNotAllowed, notFound } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { checkName } from "../write/metadata.ts";
import { parseWriteOptions } from "../write/options.ts";
import { patchedValue, patchTypeOf, readPatch } from "../write/patch.ts";
import { changeObject } from "../write/update.ts";
import { applyScale } from "./apply-scale.ts";
import { foreignKind } from "./foreign-kind.ts";
import { scaled, scaleKind, scaleOf } from "./scale-form.ts";

/** GET, PUT and PATCH of `/scale`: the replicas of anything that has some, as autoscaling/v1 Scale. */
export async function handleScale(request: ResourceRequest): Promise<Answer> {
  switch (request.verb) {
    case "get":
      return scaleAnswer(request, await readLive(request));
    case "update":
      return updateScale(request);
    case "patch":
      return patchScale(request);
    default:
      throw methodNotAllowed();
  }
}

async function readLive(request: ResourceRequest): Promise<KubeObject> {
  const { core, resource } = request;
  const entry = core.store.get(keyOf(resource, request.namespace, request.name));
  if (entry === undefined) throw notFound(resource.groupResource, request.name);
  return readEntry(core, resource, entry);
}

function scaleAnswer(request: ResourceRequest, object: KubeObject): Answer {
  return { kind: "object", status: 200, object: scaleOf(request, object) };
}

async function updateScale(request: ResourceRequest): Promise<Answer> {
  const options = parseWriteOptions(request, "UpdateOptions");
  const kind = foreignKind(request, scaleKind);
  const plain = { ...request, resource: { ...request.resource, custom: undefined } };
  const { object: scale } = decodeBody(plain, kind, parseBody(plain, kind));
  checkName(request, scale);
  const updated = await changeObject(request, options, (live) => ({ object: scaled(request, live, scale) }));
  return scaleAnswer(request, updated);
}

async function patchScale(request: ResourceRequest): Promise<Answer> {
  const plain = { ...request, resource: { ...request.resource, custom: undefined } };
  const type = patchTypeOf(plain);
  const options = parseWriteOptions(request, "PatchOptions", { apply: type === "apply" });
  if (type === "apply") return scaleAnswer(request, await applyScale(request, options, scaleOf));
  const patch = readPatch(request, type);
  const updated = await changeObject(request, options, (live) => {
    const current = scaleOf(request, live) as unknown as KubeObject;
    const patched = patchedValue(request, { live: current, type, patch }) as unknown as KubeObject;
    return { object: scaled(request, live, patched) };
  });
  return scaleAnswer(request, updated);
}
