import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { admitForm } from "../admission/admit-form.ts";
import type { Answer } from "../answer/answer.ts";
import { listOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import { Query } from "../request/query.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { badRequest, notFound } from "../status/errors.ts";
import { foreignKind } from "./foreign-kind.ts";

/** exec, attach and portforward without an upgrade: there is nothing that could be answered in one go. */
export async function refuseWithoutUpgrade(request: ResourceRequest): Promise<Answer> {
  const { core, resource, namespace, name } = request;
  await admitConnection(request);
  if (core.store.get(keyOf(resource, namespace, name)) === undefined) {
    throw notFound(resource.groupResource, name);
  }
  throw badRequest("Upgrade request required");
}

type Members = Readonly<Record<string, "flag" | "text" | "texts" | "numbers">>;

const streams: Members = { stdin: "flag", stdout: "flag", stderr: "flag", tty: "flag", container: "text" };

/** What the options of each connection are called, and what is in them (core/v1). */
const options: Readonly<Record<string, { readonly kind: string; readonly members: Members }>> = {
  "pods/exec": { kind: "PodExecOptions", members: { ...streams, command: "texts" } },
  "pods/attach": { kind: "PodAttachOptions", members: streams },
  "pods/portforward": { kind: "PodPortForwardOptions", members: { ports: "numbers" } },
  "pods/proxy": { kind: "PodProxyOptions", members: { path: "text" } },
  "services/proxy": { kind: "ServiceProxyOptions", members: { path: "text" } },
  "nodes/proxy": { kind: "NodeProxyOptions", members: { path: "text" } },
};

/**
 * Asks policies and webhooks about a connection: its options, under the operation CONNECT. @returns the request with what they made
 * of the options. @throws what they answer.
 */
export async function admitConnection(request: ResourceRequest, path?: string): Promise<ResourceRequest> {
  const known = options[`${request.resource.kind.plural}/${request.subresource}`];
  if (known === undefined) return request;
  const kind = foreignKind(request, { group: "", version: "v1", kind: known.kind });
  const object = {
    kind: known.kind,
    apiVersion: "v1",
    ...membersOf(request.query, known.members),
    ...(path !== undefined && { path }),
  } as unknown as KubeObject;
  const admitted = await admitForm(request, { kind, operation: "CONNECT", object, dryRun: false });
  return admitted === object ? request : { ...request, query: queryOf(admitted as unknown as JsonObject) };
}

/** The members that say anything, with the types that they have. */
function membersOf(query: Query, members: Members): JsonObject {
  const found: Record<string, JsonObject[string]> = {};
  for (const [name, type] of Object.entries(members)) {
    if (type === "flag" && query.flag(name)) found[name] = true;
    if (type === "text" && (query.get(name) ?? "") !== "") found[name] = query.get(name)!;
    const all = query.all(name);
    if (type === "texts" && all.length > 0) found[name] = all;
    const numbers = all.flatMap((text) => text.split(",").map(Number)).filter(Number.isInteger);
    if (type === "numbers" && numbers.length > 0) found[name] = numbers;
  }
  return found;
}

function queryOf(options: JsonObject): Query {
  const members = Object.entries(options).filter(([name]) => !["kind", "apiVersion", "metadata"].includes(name));
  const pairs = members.flatMap(([name, value]) =>
    (Array.isArray(value) ? listOf(value) : [value]).map((one) => `${name}=${encodeURIComponent(textOf(one))}`),
  );
  return new Query(pairs.join("&"));
}
