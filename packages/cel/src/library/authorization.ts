import { nameIsLabel, nameIsSubdomain } from "@lateen/objects";
import { type CelType, boolType, opaque, stringType } from "../types.ts";
import { CelError, CelOpaque, type CelValue } from "../values.ts";
import { type Overload, method } from "./function.ts";

/** Questions about rights, as expressions of admission policies and match conditions ask them (k8s.io/apiserver pkg/cel/library, authz.go). */

/** What a check asks: a path, or a resource with what narrows it down; "" is anything. */
export interface AuthorizationQuestion {
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Asked about instead of who sends the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Answers at once; called for each `check`. */
export type AuthorizationCheck = (question: AuthorizationQuestion) => AuthorizationAnswer;

type Asking = Omit<AuthorizationQuestion, "verb">;

/** A question that is being put together. */
interface Question {
  readonly check: AuthorizationCheck;
  readonly asking: Asking;
}

const name = "kubernetes.authorization.";
export const authorizerType = opaque(`${name}Authorizer`);
export const resourceCheckType = opaque(`${name}ResourceCheck`);
const pathCheckType = opaque(`${name}PathCheck`);
const groupCheckType = opaque(`${name}GroupCheck`);
const decisionType = opaque(`${name}Decision`);

/** The value of the variable `authorizer`. */
export function authorizerValue(check: AuthorizationCheck): CelValue {
  return question(authorizerType, { check, asking: {} });
}

/** The value of `authorizer.requestResource`. */
export function resourceCheckValue(check: AuthorizationCheck, asking: Asking): CelValue {
  return question(resourceCheckType, { check, asking });
}

function question(type: CelType, value: Question): CelOpaque<Question> {
  return new CelOpaque((type as { readonly name: string }).name, value, JSON.stringify(value.asking));
}

type Value = CelOpaque<Question>;

/** One step of a question: `set` says what the text means. */
function step(
  called: string,
  { from, to }: { readonly from: CelType; readonly to: CelType },
  set: (text: string) => Asking,
): Overload {
  return method(called, [from, stringType], to, ({ value: { check, asking } }: Value, text: string) =>
    question(to, { check, asking: { ...asking, ...set(text) } }),
  );
}

function nonEmpty(text: string, what: string): string {
  if (text.trim() === "") throw new CelError(`${what} must not be empty`);
  return text;
}

/** Each check looks through roles and bindings. */
const checkCost = { min: 350_000, max: 350_000 };

function ask({ value: { check, asking } }: Value, verb: string): CelValue {
  const answer = check({ ...asking, verb });
  return new CelOpaque(`${name}Decision`, answer, JSON.stringify(answer));
}

function serviceAccount({ value }: Value, namespace: string, account: string): CelValue {
  if (nameIsSubdomain(account).length > 0) throw new CelError("Invalid service account name");
  if (nameIsLabel(namespace).length > 0) throw new CelError("Invalid service account namespace");
  return question(authorizerType, {
    check: value.check,
    asking: { serviceAccount: { namespace, name: account } },
  });
}

type Decision = CelOpaque<AuthorizationAnswer>;

const narrowed = { from: resourceCheckType, to: resourceCheckType };

export const authorizationLibrary: readonly Overload[] = [
  step("path", { from: authorizerType, to: pathCheckType }, (path) => ({ path: nonEmpty(path, "path") })),
  step("group", { from: authorizerType, to: groupCheckType }, (group) => ({ group })),
  method("serviceAccount", [authorizerType, stringType, stringType], authorizerType, serviceAccount),
  step("resource", { from: groupCheckType, to: resourceCheckType }, (resource) => ({
    resource: nonEmpty(resource, "resource"),
  })),
  step("subresource", narrowed, (subresource) => ({ subresource })),
  step("namespace", narrowed, (namespace) => ({ namespace })),
  step("name", narrowed, (text) => ({ name: text })),
  step("fieldSelector", narrowed, (fieldSelector) => ({ fieldSelector })),
  step("labelSelector", narrowed, (labelSelector) => ({ labelSelector })),
  method("check", [pathCheckType, stringType], decisionType, ask, { cost: () => checkCost }),
  method("check", [resourceCheckType, stringType], decisionType, ask, { cost: () => checkCost }),
  method("errored", [decisionType], boolType, ({ value }: Decision) => value.error !== undefined),
  method("error", [decisionType], stringType, ({ value }: Decision) => value.error ?? ""),
  method("allowed", [decisionType], boolType, ({ value }: Decision) => value.allowed),
  method("reason", [decisionType], stringType, ({ value }: Decision) => value.reason),
];
