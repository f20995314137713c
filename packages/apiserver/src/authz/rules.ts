import type { Attributes } from "./attributes.ts";

/** rules[] of roles (rbac/v1 PolicyRule). */
export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const has = (list: readonly string[] | undefined, item: string): boolean =>
  list?.some((one) => one === "*" || one === item) ?? false;

/** Whether a rule allows what is asked (plugin/pkg/auth/authorizer/rbac). */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!has(rule.verbs, asked.verb)) return false;
  if (asked.kind === "path") return rule.nonResourceURLs?.some((url) => coversUrl(url, asked.path ?? "")) ?? false;
  if (!has(rule.apiGroups, asked.group ?? "")) return false;
  const { resource = "", subresource } = asked;
  const full = subresource === undefined || subresource === "" ? resource : `${resource}/${subresource}`;
  const matches = rule.resources?.some(
    (one) => one === "*" || one === full || (full !== resource && one === `*/${subresource}`),
  );
  if (!matches) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(asked.name ?? "");
}

function coversUrl(rule: string, url: string): boolean {
  return rule === "*" || rule === url || (rule.endsWith("*") && url.startsWith(rule.slice(0, -1)));
}

/** A rule about exactly one thing. */
interface SingleRule {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly url?: string;
}

function* singles(rule: PolicyRule): Generator<SingleRule> {
  for (const verb of rule.verbs ?? []) {
    for (const url of rule.nonResourceURLs ?? []) yield { verb, url };
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const names = rule.resourceNames ?? [];
        if (names.length === 0) yield { verb, group, resource };
        for (const name of names) yield { verb, group, resource, name };
      }
    }
  }
}

function covers(owner: PolicyRule, { verb, group, resource, name, url }: SingleRule): boolean {
  if (!has(owner.verbs, verb)) return false;
  if (url !== undefined) {
    return (
      owner.nonResourceURLs?.some((one) => one === url || (one.endsWith("*") && url.startsWith(one.slice(0, -1)))) ??
      false
    );
  }
  if (!has(owner.apiGroups, group!)) return false;
  const slash = resource!.indexOf("/");
  const anyOf = slash < 0 ? undefined : `*${resource!.slice(slash)}`;
  if (!owner.resources?.some((one) => one === "*" || one === resource || one === anyOf)) return false;
  const names = owner.resourceNames ?? [];
  return names.length === 0 || (name !== undefined && names.includes(name));
}

/** What `wanted` grants and `held` does not, a line a rule, in kube-apiserver's form; empty when all is held. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly string[] {
  const missing = wanted
    .flatMap((rule) => [...singles(rule)])
    .filter((one) => !held.some((owner) => covers(owner, one)));
  const verbs = new Map<string, { readonly of: SingleRule; readonly verbs: string[] }>();
  for (const one of missing) {
    const key = JSON.stringify([one.group, one.resource, one.name, one.url]);
    const known = verbs.get(key);
    if (known === undefined) verbs.set(key, { of: one, verbs: [one.verb] });
    else if (!known.verbs.includes(one.verb)) known.verbs.push(one.verb);
  }
  return [...verbs.values()].map(({ of, verbs: list }) => ruleText(of, list)).toSorted();
}

function ruleText({ group, resource, name, url }: SingleRule, verbs: readonly string[]): string {
  const parts: string[] = [];
  if (group !== undefined) parts.push(`APIGroups:[${JSON.stringify(group)}]`);
  if (resource !== undefined) parts.push(`Resources:[${JSON.stringify(resource)}]`);
  if (url !== undefined) parts.push(`NonResourceURLs:[${JSON.stringify(url)}]`);
  if (name !== undefined) parts.push(`ResourceNames:[${JSON.stringify(name)}]`);
  parts.push(`Verbs:[${verbs.map((verb) => JSON.stringify(verb)).join(" ")}]`);
  return `{${parts.join(", ")}}`;
}
