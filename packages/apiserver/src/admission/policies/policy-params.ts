import type { JsonValue } from "@lateen/base";
import { type KubeObject, labelSelectorOf, matchesLabels, type MetaLabelSelector, valueAt } from "@lateen/objects";
import { readEntry, withEntries } from "../../object/convert-to.ts";
import { textOf } from "../../object/text.ts";
import { collectionPrefix, keyOf } from "../../registry/resource.ts";
import type { PolicySubject } from "./matching.ts";

/** Why the parameters of a binding cannot be had. */
export class ParamsError extends Error {
  override readonly name = "ParamsError";
  readonly code = "Params";
}

/**
 * The parameter objects of a binding: one null without a paramKind or paramRef; none when none is there and that is allowed
 * (k8s.io/apiserver pkg/admission/plugin/policy/generic, CollectParams). @throws ParamsError.
 */
export async function policyParams(
  subject: PolicySubject,
  { policy, binding }: { readonly policy: KubeObject; readonly binding: KubeObject },
): Promise<readonly JsonValue[]> {
  const paramKind = valueAt(policy, "spec", "paramKind") ?? null;
  const reference = valueAt(binding, "spec", "paramRef") ?? null;
  if (paramKind === null || reference === null) return [null];
  const found = await paramsOf(subject, paramKind, reference);
  if (found.length === 0 && valueAt(reference, "parameterNotFoundAction") === "Deny") {
    throw new ParamsError("no params found for policy binding with `Deny` parameterNotFoundAction");
  }
  return found;
}

async function paramsOf(
  { request }: PolicySubject,
  paramKind: JsonValue,
  reference: JsonValue,
): Promise<readonly JsonValue[]> {
  const { core, table } = request;
  const apiVersion = textOf(valueAt(paramKind, "apiVersion"));
  const kindName = textOf(valueAt(paramKind, "kind"));
  const slash = apiVersion.indexOf("/");
  const [group, version] = [apiVersion.slice(0, Math.max(0, slash)), apiVersion.slice(slash + 1)];
  const kind = table.kinds.lookup({ group, version, kind: kindName });
  const resource = kind && table.lookup(kind);
  if (resource === undefined) {
    throw new ParamsError(`paramKind kind \`&ParamKind{APIVersion:${apiVersion},Kind:${kindName},}\` not known`);
  }
  const { namespaced } = resource.kind;
  const own = textOf(valueAt(reference, "namespace"));
  if (!namespaced && own !== "") {
    throw new ParamsError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  const namespace = own === "" ? (request.namespace ?? "") : own;
  if (namespaced && namespace === "") {
    throw new ParamsError("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
  }
  const name = textOf(valueAt(reference, "name"));
  if (name !== "") {
    const entry = core.store.get(keyOf(resource, namespace, name));
    return entry === undefined ? [] : [(await readEntry(core, resource, entry)) as unknown as JsonValue];
  }
  const selector = labelSelectorOf((valueAt(reference, "selector") ?? null) as MetaLabelSelector | null);
  const { entries } = core.store.range(collectionPrefix(resource, namespace));
  const objects = await withEntries(core, { resource, entries }, () =>
    entries.map((entry) => core.reader.read(resource, entry)),
  );
  return objects.filter((object) => matchesLabels(selector, object.metadata.labels)) as unknown as JsonValue[];
}
