import { isJsonObject, type JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { textOf } from "../object/text.ts";
import type { ResourceTable } from "../registry/resource-table.ts";

export interface AcceptedNames {
  readonly acceptedNames: JsonObject;
  readonly conflict: { readonly reason: string; readonly message: string } | undefined;
}

/** Which names of a definition are free in its group: of the other definitions' accepted ones and the built-in kinds. */
export function acceptNames(
  definition: KubeObject,
  table: ResourceTable,
  others: readonly KubeObject[],
): AcceptedNames {
  const group = textOf(valueAt(definition, "spec", "group"));
  const wanted = (valueAt(definition, "spec", "names") ?? {}) as JsonObject;
  const current = (valueAt(definition, "status", "acceptedNames") ?? {}) as JsonObject;
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const other of others) {
    if (valueAt(other, "spec", "group") !== group) continue;
    const names = valueAt(other, "status", "acceptedNames");
    if (!isJsonObject(names)) continue;
    for (const name of [names.plural, names.singular, ...listOf(names.shortNames)]) resources.add(textOf(name));
    for (const name of [names.kind, names.listKind]) kinds.add(textOf(name));
  }
  if (table.isBuiltinGroup(group)) {
    for (const kind of table.kinds.kinds.filter((builtin) => builtin.group === group)) {
      if (table.lookup(kind)?.custom !== undefined) continue;
      for (const name of [kind.plural, kind.singular, ...kind.shortNames]) resources.add(name);
      for (const name of [kind.kind, kind.listKind]) kinds.add(name);
    }
  }
  const taken = (set: ReadonlySet<string>, name: unknown): name is string =>
    typeof name === "string" && name !== "" && set.has(name);
  const result: Record<string, string | readonly string[]> = {};
  let conflict: AcceptedNames["conflict"];
  const accept = (member: "plural" | "singular" | "kind" | "listKind", reason: string): void => {
    const set = member === "kind" || member === "listKind" ? kinds : resources;
    const name = wanted[member];
    if (taken(set, name)) {
      // The last conflict is the one that is told.
      conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
      const old = current[member];
      if (typeof old === "string") result[member] = old;
    } else if (typeof name === "string") result[member] = name;
  };
  accept("plural", "PluralConflict");
  accept("singular", "SingularConflict");
  const shortNames = listOf(wanted.shortNames);
  const takenShort = shortNames.find((name) => taken(resources, name));
  if (takenShort !== undefined) {
    conflict = { reason: "ShortNamesConflict", message: `${JSON.stringify(takenShort)} is already in use` };
    const old = listOf(current.shortNames);
    if (old.length > 0) result.shortNames = old;
  } else if (shortNames.length > 0) result.shortNames = shortNames;
  accept("kind", "KindConflict");
  accept("listKind", "ListKindConflict");
  const categories = listOf(wanted.categories);
  if (categories.length > 0) result.categories = categories;
  // The names that the type requires are written even when none was accepted.
  return { acceptedNames: { plural: "", kind: "", ...result }, conflict };
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
