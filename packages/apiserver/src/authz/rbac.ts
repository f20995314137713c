import { type KubeObject, valueAt } from "@lateen/objects";
import { serviceAccountName } from "../authn/user.ts";
import { objectsOf } from "../kinds/edit.ts";
import { decodeStored } from "../object/stored-form.ts";
import { textOf } from "../object/text.ts";
import type { UserInfo } from "../request/context.ts";
import type { Store } from "../store/store.ts";
import type { Attributes, Decision } from "./attributes.ts";
import { type PolicyRule, ruleAllows } from "./rules.ts";

const group = "/registry/rbac.authorization.k8s.io/";

interface Binding {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subjects: readonly Subject[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** A rule that a user has, and how. */
export interface Grant {
  readonly rule: PolicyRule;
  readonly reason: string;
}

/**
 * Role-based access control over the roles and bindings in the store, which it follows: a binding counts from the write
 * that made it. Members of `system:masters` may do everything.
 */
export class Rbac {
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #clusterBindings = new Map<string, Binding>();
  readonly #bindings = new Map<string, Map<string, Binding>>();
  readonly #ends: (() => void)[] = [];

  constructor(store: Store) {
    for (const plural of ["clusterroles", "roles"]) {
      this.#follow(store, `${group}${plural}/`, (key, object) => {
        if (object === undefined) this.#roles.delete(key);
        else this.#roles.set(key, objectsOf(valueAt(object, "rules")) as unknown as PolicyRule[]);
      });
    }
    this.#follow(store, `${group}clusterrolebindings/`, (key, object) => {
      if (object === undefined) this.#clusterBindings.delete(key);
      else this.#clusterBindings.set(key, bindingOf(object));
    });
    this.#follow(store, `${group}rolebindings/`, (key, object) => {
      const namespace = key.slice(`${group}rolebindings/`.length).split("/")[0]!;
      let bindings = this.#bindings.get(namespace);
      if (bindings === undefined) this.#bindings.set(namespace, (bindings = new Map()));
      if (object === undefined) bindings.delete(key);
      else bindings.set(key, bindingOf(object));
      if (bindings.size === 0) this.#bindings.delete(namespace);
    });
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #follow(store: Store, prefix: string, take: (key: string, object: KubeObject | undefined) => void): void {
    const { entries, revision } = store.range(prefix);
    for (const entry of entries) take(entry.key, decodeStored(entry));
    this.#ends.push(
      store.subscribe(prefix, revision, (event) => {
        if (event.kind !== "progress") take(event.key, event.kind === "put" ? decodeStored(event) : undefined);
      }),
    );
  }

  authorize(asked: Attributes): Decision {
    if (asked.user.groups.includes("system:masters")) return { kind: "allowed", reason: "" };
    for (const { rule, reason } of this.grants(asked.user, asked.namespace)) {
      if (ruleAllows(rule, asked)) return { kind: "allowed", reason };
    }
    return { kind: "denied", reason: "" };
  }

  /** Every rule that the user has: those for the whole cluster and, with a namespace, those for it. */
  *grants(user: UserInfo, namespace: string | undefined): Generator<Grant> {
    for (const binding of this.#clusterBindings.values()) {
      const subject = binding.subjects.find((one) => isSubject(user, one, ""));
      if (subject !== undefined) yield* this.#rulesOf(binding, subject);
    }
    if (namespace === undefined || namespace === "") return;
    for (const binding of this.#bindings.get(namespace)?.values() ?? []) {
      const subject = binding.subjects.find((one) => isSubject(user, one, namespace));
      if (subject !== undefined) yield* this.#rulesOf(binding, subject);
    }
  }

  /** Rules of a role; undefined when there is none of that name. */
  rulesOfRole(kind: string, namespace: string | undefined, name: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(
      kind === "ClusterRole" ? `${group}clusterroles/${name}` : `${group}roles/${namespace ?? ""}/${name}`,
    );
  }

  *#rulesOf(binding: Binding, subject: Subject): Generator<Grant> {
    const { name, namespace, roleKind, roleName } = binding;
    const rules = this.rulesOfRole(roleKind, namespace, roleName);
    if (rules === undefined) return;
    const bound =
      namespace === undefined
        ? `ClusterRoleBinding ${JSON.stringify(name)}`
        : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
    const who =
      subject.kind === "ServiceAccount"
        ? `ServiceAccount ${JSON.stringify(`${subject.name}/${subject.namespace}`)}`
        : `${subject.kind} ${JSON.stringify(subject.name)}`;
    const reason = `RBAC: allowed by ${bound} of ${roleKind} ${JSON.stringify(roleName)} to ${who}`;
    for (const rule of rules) yield { rule, reason };
  }
}

function bindingOf(object: KubeObject): Binding {
  return {
    name: object.metadata.name ?? "",
    namespace: object.metadata.namespace,
    roleKind: textOf(valueAt(object, "roleRef", "kind")),
    roleName: textOf(valueAt(object, "roleRef", "name")),
    subjects: objectsOf(valueAt(object, "subjects")).map((subject) => ({
      kind: textOf(subject.kind),
      name: textOf(subject.name),
      namespace: textOf(subject.namespace),
    })),
  };
}

function isSubject(user: UserInfo, subject: Subject, namespace: string): boolean {
  switch (subject.kind) {
    case "User":
      return subject.name === user.username;
    case "Group":
      return user.groups.includes(subject.name);
    case "ServiceAccount": {
      const home = subject.namespace === "" ? namespace : subject.namespace;
      return home !== "" && serviceAccountName(home, subject.name) === user.username;
    }
    default:
      return false;
  }
}
