/**
 * An Application makes only what its author may make: objects are read and written as the user who submitted it, or as the
 * service account that it names (kubevela-engine.md 6.4).
 */
import { type Client, createClient } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { type App, appAnnotations } from "../application/application.ts";
import { fieldManager } from "./field-manager.ts";
import type { Dispatcher } from "./ports.ts";

export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Who submitted an object, as the API server says. */
export interface Submitter {
  readonly username: string;
  readonly groups?: readonly string[] | undefined;
}

/** Undefined for an application from before identities were kept: it acts as the control plane. */
export function identityOf({ annotations, namespace }: Pick<App, "annotations" | "namespace">): Identity | undefined {
  const account = annotations[appAnnotations.serviceAccount] ?? "";
  if (account !== "")
    return {
      user: `system:serviceaccount:${namespace}:${account}`,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    };
  const user = annotations[appAnnotations.username] ?? "";
  if (user === "") return undefined;
  const groups = (annotations[appAnnotations.group] ?? "").split(",").filter((group) => group !== "");
  return { user, groups };
}

const identityKeys = [appAnnotations.username, appAnnotations.group, appAnnotations.serviceAccount] as const;

/** Whether a write changes who an application acts as. */
export const changesIdentity = (object: KubeObject, old: KubeObject): boolean =>
  identityKeys.some((key) => object.metadata.annotations?.[key] !== old.metadata.annotations?.[key]);

/** The Application as one of this submitter's: what it says itself of a user or groups is replaced. */
export function submittedBy(application: KubeObject, { username, groups = [] }: Submitter): KubeObject {
  const {
    [appAnnotations.username]: _,
    [appAnnotations.group]: __,
    ...annotations
  } = application.metadata.annotations ?? {};
  const own =
    (annotations[appAnnotations.serviceAccount] ?? "") !== ""
      ? {}
      : { [appAnnotations.username]: username, ...(groups.length > 0 && { [appAnnotations.group]: groups.join(",") }) };
  return { ...application, metadata: { ...application.metadata, annotations: { ...annotations, ...own } } };
}

const maxClients = 500;
const clients = new WeakMap<Client, Map<string, Client>>();

/** A client whose calls are made as somebody else; the server asks whether this one's user may do so. */
export function impersonatingClient(client: Client, identity: Identity): Client {
  let known = clients.get(client);
  if (known === undefined) clients.set(client, (known = new Map()));
  const key = JSON.stringify([identity.user, identity.groups]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const headers = {
    "impersonate-user": identity.user,
    ...(identity.groups.length > 0 && { "impersonate-group": identity.groups }),
  };
  const made = createClient({
    transport: (request) => client.transport({ ...request, headers: { ...request.headers, ...headers } }),
    kinds: builtinKinds(),
    fieldManager,
  });
  if (known.size >= maxClients) known.delete(known.keys().next().value!);
  known.set(key, made);
  return made;
}

export function impersonatingDispatcher(dispatcher: Dispatcher, identity: Identity | undefined): Dispatcher {
  if (identity === undefined) return dispatcher;
  return {
    clientFor: (cluster) => impersonatingClient(dispatcher.clientFor(cluster), identity),
    versionOf: (cluster) => dispatcher.versionOf(cluster),
  };
}
