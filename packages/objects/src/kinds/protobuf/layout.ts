import type { FieldFacts, TypeFacts } from "../kind.ts";

/**
 * How a type lies on the wire: fields by number. Structs that JSON inlines are messages of their own there, so that a
 * layout is a tree whose inner nodes are such messages.
 */
export interface Layout {
  readonly entries: readonly LayoutEntry[];
  readonly byNumber: ReadonlyMap<number, LayoutEntry>;
}

export type LayoutEntry =
  | { readonly kind: "field"; readonly number: number; readonly field: FieldFacts }
  | { readonly kind: "inline"; readonly number: number; readonly layout: Layout };

const layouts = new WeakMap<TypeFacts, Layout>();

export function layoutOf(type: TypeFacts): Layout {
  let layout = layouts.get(type);
  if (layout === undefined) {
    layout = buildLayout(type.fields, 0);
    layouts.set(type, layout);
  }
  return layout;
}

function buildLayout(fields: readonly FieldFacts[], depth: number): Layout {
  const entries: LayoutEntry[] = [];
  const inlined = new Map<number, FieldFacts[]>();
  for (const field of fields) {
    const outer = field.protoPath[depth];
    if (outer !== undefined) {
      const group = inlined.get(outer);
      if (group === undefined) inlined.set(outer, [field]);
      else group.push(field);
    } else if (field.protoNumber > 0) entries.push({ kind: "field", number: field.protoNumber, field });
  }
  for (const [number, group] of inlined) {
    entries.push({ kind: "inline", number, layout: buildLayout(group, depth + 1) });
  }
  entries.sort((a, b) => a.number - b.number);
  return { entries, byNumber: new Map(entries.map((entry) => [entry.number, entry])) };
}
