import type { JsonObject } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { tokenSubject } from "../authn/service-account-tokens.ts";
import { authenticated } from "../authn/user.ts";
import { listOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest, UserInfo } from "../request/context.ts";
import { badRequest } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { timestamp } from "../write/metadata.ts";

/** POST `selfsubjectreviews`: who am I. */
export function reviewSelf(request: ResourceRequest): Promise<Answer> {
  const { kind } = request.resource;
  decodeBody(request, kind, parseBody(request, kind));
  return Promise.resolve(
    reviewed(request, {
      metadata: { creationTimestamp: timestamp(request.core) },
      status: { userInfo: userInfo(request.user) },
    }),
  );
}

/** POST `tokenreviews`: whose token is this. */
export async function reviewToken(request: ResourceRequest): Promise<Answer> {
  const { kind } = request.resource;
  const { object } = decodeBody(request, kind, parseBody(request, kind));
  const token = textOf(valueAt(object, "spec", "token"));
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const wanted = listOf(valueAt(object, "spec", "audiences")).map(textOf);
  const spec = (object["spec"] ?? {}) as JsonObject;
  return reviewed(request, { metadata: {}, spec, status: await tokenStatus(request, token, wanted) });
}

async function tokenStatus(request: ResourceRequest, token: string, wanted: readonly string[]): Promise<JsonObject> {
  const { core } = request;
  const subject = await tokenSubject(core, token);
  if (subject !== undefined) {
    const asked = wanted.length === 0 ? [core.tokens.issuer] : wanted;
    const audiences = asked.filter((audience) => subject.audiences.includes(audience));
    if (audiences.length > 0) {
      return { authenticated: true, user: userInfo(authenticated(subject.user)), audiences };
    }
  }
  for (const knows of core.tokenAuthenticators) {
    const user = await knows(token);
    if (user !== undefined) return { authenticated: true, user: userInfo(authenticated(user)) };
  }
  return { user: {}, error: "[invalid bearer token, token lookup failed]" };
}

export function userInfo({ username, uid, groups, extra }: UserInfo): JsonObject {
  return {
    username,
    ...(uid && { uid }),
    groups,
    ...(extra !== undefined && { extra: extra as unknown as JsonObject }),
  };
}

/** The answer to a review: its kind, and nothing stored. */
export function reviewed(request: ResourceRequest, content: JsonObject): Answer {
  const { kind } = request.resource;
  return {
    kind: "object",
    status: 201,
    object: { kind: kind.kind, apiVersion: `${kind.group}/${kind.version}`, ...content },
  };
}
