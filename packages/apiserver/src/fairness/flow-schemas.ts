import type { JsonObject, JsonValue } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { Attributes } from "../authz/attributes.ts";
import { listOf, objectsOf, specOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { UserInfo } from "../request/context.ts";
import type { LevelLimits } from "./seats.ts";

/** A FlowSchema, made ready to be asked about requests (apiserver pkg/util/flowcontrol/rule.go). */
export interface CompiledSchema {
  readonly name: string;
  readonly uid: string;
  readonly level: string;
  readonly precedence: number;
  readonly matches: (asked: Attributes) => boolean;
  /** What tells its flows apart. */
  readonly distinguisher: (asked: Attributes) => string;
}

const accountPrefix = "system:serviceaccount:";

export function compileSchema(object: KubeObject): CompiledSchema {
  const spec = specOf(object);
  const rules = objectsOf(spec.rules).map(compileRule);
  const method = textOf(valueAt(spec, "distinguisherMethod", "type"));
  return {
    name: object.metadata.name ?? "",
    uid: object.metadata.uid ?? "",
    level: textOf(valueAt(spec, "priorityLevelConfiguration", "name")),
    precedence: Number(spec.matchingPrecedence ?? 0),
    matches: (asked) => rules.some((rule) => rule(asked)),
    distinguisher: (asked) => {
      if (method === "ByUser") return asked.user.username;
      return method === "ByNamespace" ? (asked.namespace ?? "") : "";
    },
  };
}

/** Lower precedence first; names decide between equals. */
export function inOrder(schemas: Iterable<CompiledSchema>): readonly CompiledSchema[] {
  return [...schemas].toSorted((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
}

type Test<T> = (value: T) => boolean;

function compileRule(rule: JsonObject): Test<Attributes> {
  const subjects = objectsOf(rule.subjects).map(compileSubject);
  const resources = objectsOf(rule.resourceRules).map(compileResourceRule);
  const paths = objectsOf(rule.nonResourceRules).map(compilePathRule);
  return (asked) =>
    subjects.some((subject) => subject(asked.user)) &&
    (asked.kind === "resource" ? resources : paths).some((one) => one(asked));
}

function compileSubject(subject: JsonObject): Test<UserInfo> {
  const named = (member: string): string => textOf(valueAt(subject, member, "name"));
  switch (subject.kind) {
    case "User": {
      const name = named("user");
      return name === "*" ? () => true : (user) => user.username === name;
    }
    case "Group": {
      const name = named("group");
      return name === "*" ? () => true : (user) => user.groups.includes(name);
    }
    case "ServiceAccount": {
      const name = named("serviceAccount");
      const prefix = `${accountPrefix}${textOf(valueAt(subject, "serviceAccount", "namespace"))}:`;
      if (name === "*") return (user) => user.username.startsWith(prefix);
      return (user) => user.username === prefix + name;
    }
    default:
      return () => false;
  }
}

function anyOf(list: JsonValue | undefined): Test<string> {
  const names = new Set(listOf(list));
  return names.has("*") ? () => true : (name) => names.has(name);
}

function compileResourceRule(rule: JsonObject): Test<Attributes> {
  const [verb, group, resource, namespace] = [rule.verbs, rule.apiGroups, rule.resources, rule.namespaces].map(
    anyOf,
  ) as [Test<string>, Test<string>, Test<string>, Test<string>];
  return ({ verb: does, group: of = "", resource: what = "", subresource, namespace: where }) =>
    verb(does) &&
    group(of) &&
    resource(subresource === undefined ? what : `${what}/${subresource}`) &&
    (where === undefined || where === "" ? rule.clusterScope === true : namespace(where));
}

function compilePathRule(rule: JsonObject): Test<Attributes> {
  const verb = anyOf(rule.verbs);
  const urls = listOf(rule.nonResourceURLs).map(textOf);
  const prefixes = urls.filter((url) => url.endsWith("*")).map((url) => url.replace(/\*+$/, ""));
  const paths = new Set(urls);
  return ({ verb: does, path = "" }) =>
    verb(does) && (paths.has(path) || prefixes.some((prefix) => path.startsWith(prefix)));
}

/** What a PriorityLevelConfiguration grants. */
export function levelLimitsOf(object: KubeObject): LevelLimits {
  const spec = specOf(object);
  const exempt = spec.type === "Exempt";
  const given = (valueAt(spec, exempt ? "exempt" : "limited") ?? {}) as JsonObject;
  const borrowing = given.borrowingLimitPercent ?? undefined;
  const queuing = (valueAt(given, "limitResponse", "queuing") ?? {}) as JsonObject;
  return {
    name: object.metadata.name ?? "",
    exempt,
    shares: Number(given.nominalConcurrencyShares ?? 0),
    lendablePercent: Number(given.lendablePercent ?? 0),
    borrowingLimitPercent: borrowing === undefined ? undefined : Number(borrowing),
    queuing:
      valueAt(given, "limitResponse", "type") === "Queue"
        ? {
            queues: Number(queuing.queues ?? 64),
            handSize: Number(queuing.handSize ?? 8),
            queueLengthLimit: Number(queuing.queueLengthLimit ?? 50),
          }
        : undefined,
  };
}
