import { isJsonObject, type JsonValue } from "@lateen/base";
import { type MergeSchema, type MergeType, resolveSchema, schemaOfType } from "./merge-schema.ts";

/** Deeper ones are refused elsewhere. */
const maxDepth = 500;

/**
 * Paths of the lists, maps and structs in a value that are merged as a whole: an applied part of one would remove the rest
 * (k8s.io/apiserver pkg/admission/plugin/policy/mutating/patch, findAtomics).
 */
export function atomicFieldsOf(type: MergeType, value: JsonValue): readonly string[] {
  const found: string[] = [];
  visit(schemaOfType(type), value, { path: "", depth: 0, found });
  return found;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly found: string[];
}

function visit(given: MergeSchema, value: JsonValue, { path, depth, found }: Place): void {
  if (depth > maxDepth) return;
  const schema = resolveSchema(given, value);
  if (schema.kind === "map" && isJsonObject(value)) {
    if (schema.atomic) found.push(path);
    for (const [name, member] of Object.entries(value)) {
      const field = schema.field(name);
      if (field !== undefined && member !== undefined)
        visit(field, member, { path: `${path}.${name}`, depth: depth + 1, found });
    }
  }
  if (schema.kind === "list" && Array.isArray(value)) {
    if (schema.relation === "atomic") found.push(path);
    for (const [index, item] of (value as readonly JsonValue[]).entries())
      visit(schema.item, item, { path: `${path}[${index}]`, depth: depth + 1, found });
  }
}
