import { invalidField, type KubeObject, valueAt } from "@lateen/objects";
import { applyKindDefaults } from "@lateen/objects/kinds";
import type { JsonObject } from "@lateen/base";
import { admitForm } from "../admission/admit-form.ts";
import type { Answer } from "../answer/answer.ts";
import { listOf, specOf, withSpec } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { readObject } from "../server/core.ts";
import { invalid, notFound, statusError } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { foreignKind } from "./foreign-kind.ts";
import { serviceAccountName } from "../authn/user.ts";
import { timestamp } from "../write/metadata.ts";
import { parseWriteOptions } from "../write/options.ts";

const tokenRequest = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
const minSeconds = 600;
const maxSeconds = 2 ** 32;

/** POST `serviceaccounts/NAME/token`. */
export async function issueToken(request: ResourceRequest): Promise<Answer> {
  const { core, resource, namespace = "", name } = request;
  const kind = foreignKind(request, tokenRequest);
  const { object } = decodeBody(request, kind, parseBody(request, kind));
  const account = readObject(core, resource, keyOf(resource, namespace, name));
  if (account === undefined) throw notFound(resource.groupResource, name);
  const options = parseWriteOptions(request, "CreateOptions");
  const asked = await admitForm(request, {
    kind,
    operation: "CREATE",
    object: {
      ...withAudience(core.tokens.issuer, applyKindDefaults(object, kind, { now: core.clock.now() })),
      metadata: { ...object.metadata, name, namespace, ...(account.metadata.uid && { uid: account.metadata.uid }) },
    },
    dryRun: options.dryRun,
  });
  const seconds = Number(specOf(asked).expirationSeconds ?? 3600);
  checkSeconds(seconds);
  const bound = boundObject(request, asked);
  const now = Math.floor(core.clock.now() / 1000);
  const token = await core.tokens.sign({
    iss: core.tokens.issuer,
    aud: specOf(asked).audiences,
    exp: now + seconds,
    iat: now,
    nbf: now,
    jti: core.platform.randomUuid(),
    sub: serviceAccountName(namespace, name),
    "kubernetes.io": {
      namespace,
      serviceaccount: { name, uid: account.metadata.uid },
      ...(bound && { [bound.kind]: { name: bound.object.metadata.name, uid: bound.object.metadata.uid } }),
      ...(bound?.kind === "pod" && nodeClaim(request, bound.object)),
    },
  });
  return {
    kind: "object",
    status: 201,
    object: {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { name, namespace, uid: account.metadata.uid, creationTimestamp: timestamp(core) },
      spec: { ...specOf(asked), expirationSeconds: seconds, boundObjectRef: specOf(asked).boundObjectRef ?? null },
      status: { token, expirationTimestamp: timestamp(core, seconds * 1000) },
    },
  };
}

function withAudience(issuer: string, object: KubeObject): KubeObject {
  return listOf(specOf(object).audiences).length > 0 ? object : withSpec(object, { audiences: [issuer] });
}

function checkSeconds(seconds: number): void {
  const problem =
    seconds < minSeconds
      ? "may not specify a duration less than 10 minutes"
      : seconds > maxSeconds
        ? "may not specify a duration larger than 2^32 seconds"
        : undefined;
  if (problem === undefined) return;
  throw invalid({ group: tokenRequest.group, kind: tokenRequest.kind, name: "" }, [
    invalidField("spec.expirationSeconds", seconds, problem),
  ]);
}

function boundObject(
  request: ResourceRequest,
  asked: KubeObject,
): { readonly kind: BoundKind; readonly object: KubeObject } | undefined {
  const reference = valueAt(asked, "spec", "boundObjectRef") as JsonObject | null | undefined;
  if (reference === undefined || reference === null) return undefined;
  const kind = textOf(reference.kind);
  const plural = Object.hasOwn(boundPlurals, kind) ? boundPlurals[kind] : undefined;
  if (plural === undefined) {
    const apiVersion = textOf(reference.apiVersion);
    const groupVersion = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
    throw statusError(400, "BadRequest", `cannot bind token to object of type ${groupVersion}, Kind=${kind}`);
  }
  const { core, table, namespace } = request;
  const resource = table.lookup({ group: "", version: "v1", plural })!;
  const name = textOf(reference.name);
  const object = readObject(core, resource, keyOf(resource, namespace, name));
  if (object === undefined) throw notFound(resource.groupResource, name);
  const uid = textOf(reference.uid);
  if (uid !== "" && uid !== object.metadata.uid) {
    throw statusError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${resource.kind.plural} ${JSON.stringify(name)}: the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      { name, kind: resource.kind.plural },
    );
  }
  return { kind: kind.toLowerCase() as BoundKind, object };
}

type BoundKind = "pod" | "secret" | "node";

/** What a token can be bound to: it ends with the object. */
const boundPlurals: Readonly<Record<string, string>> = { Pod: "pods", Secret: "secrets", Node: "nodes" };

/** The node that the pod of a token runs on. */
function nodeClaim({ core, table }: ResourceRequest, pod: KubeObject): Readonly<Record<string, unknown>> {
  const name = textOf(specOf(pod).nodeName);
  if (name === "") return {};
  const nodes = table.lookup({ group: "", version: "v1", plural: "nodes" })!;
  const uid = readObject(core, nodes, keyOf(nodes, undefined, name))?.metadata.uid;
  return { node: { name, ...(uid !== undefined && { uid }) } };
}
