import {
  type Kind,
  type NameRule,
  nameIsDns1035Label,
  nameIsLabel,
  nameIsPathSegment,
  nameIsSubdomain,
} from "@lateen/objects";

const rules: Readonly<Record<string, NameRule>> = {
  Namespace: nameIsLabel,
  Service: nameIsLabel,
  "StatefulSet.apps": nameIsLabel,
  "Role.rbac.authorization.k8s.io": nameIsPathSegment,
  "ClusterRole.rbac.authorization.k8s.io": nameIsPathSegment,
  "RoleBinding.rbac.authorization.k8s.io": nameIsPathSegment,
  "ClusterRoleBinding.rbac.authorization.k8s.io": nameIsPathSegment,
  "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io": nameIsSubdomain,
};

/** How the names of a kind must look (pkg/apis, ValidateXxxName). */
export function nameRuleOf(kind: Kind): NameRule {
  return rules[kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`] ?? nameIsSubdomain;
}

export { nameIsDns1035Label };
