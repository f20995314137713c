import type { JsonObject } from "@lateen/base";
import type { CueValue } from "../cue-value.ts";
import { packageOf } from "../export/cue.ts";
import { isClosedThroughout } from "../export/pivot.ts";
import { type Vertex, rootOf } from "../eval/vertex.ts";
import { CueError, type Value } from "../value.ts";
import { type SchemaPackage, namesOf } from "./schema-names.ts";
import { SchemaReader } from "./schema-reader.ts";
import { type SchemaTarget, TermStore, simplified } from "./schema-term.ts";
import type { Closing } from "./term-reader.ts";
import { SchemaWriter, type WrittenDialect, definitionsKey } from "./schema-writer.ts";

/** How a JSON Schema is written. */
export interface JsonSchemaOptions {
  /** Default `2020-12`. */
  readonly dialect?: Exclude<WrittenDialect, `openapi-${string}`>;
}

const uris: Readonly<Record<string, string>> = {
  "draft-04": "http://json-schema.org/draft-04/schema#",
  "draft-06": "http://json-schema.org/draft-06/schema#",
  "draft-07": "http://json-schema.org/draft-07/schema#",
  "2019-09": "https://json-schema.org/draft/2019-09/schema",
  "2020-12": "https://json-schema.org/draft/2020-12/schema",
};

/**
 * The JSON Schema of a value. It is made of what was written: references become references to schemas of their own, choices
 * `anyOf`, `matchN` and `matchIf` the keywords that they stand for, closed structs refuse other properties.
 * @throws CueError where the value holds an error, or admits nothing.
 */
export function jsonSchemaOf(value: Value, options: JsonSchemaOptions = {}): JsonObject {
  const { dialect = "2020-12" } = options;
  const wrong = value.validate();
  if (wrong.length > 0) throw new CueError(wrong);
  const reader = new SchemaReader(new TermStore());
  const root = value as CueValue;
  const term = simplified(reader.store, reader.described(root, closingOf(root)));
  const names = namesOf([...reader.targets.keys()], packagesOf(root));
  const writer = new SchemaWriter(dialect, (target) => names.get(target)!);
  const schema = writer.write(term);
  if (schema === false)
    throw new CueError([{ code: "eval", message: "schema cannot be satisfied", path: value.path, causes: [] }]);
  const definitions = definitionsOf(reader, names, writer);
  return {
    $schema: uris[dialect]!,
    ...(Object.keys(definitions).length > 0 && { [definitionsKey(dialect)]: definitions }),
    ...(schema === true ? {} : schema),
  };
}

/** The schemas of what is referred to, by name. */
export function definitionsOf(
  reader: SchemaReader,
  names: ReadonlyMap<SchemaTarget, string>,
  writer: SchemaWriter,
): JsonObject {
  const written = [...reader.targets].map(
    ([target, term]) => [names.get(target)!, writer.write(simplified(reader.store, term))] as const,
  );
  return Object.fromEntries(written.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function closingOf(value: CueValue): Closing {
  if (isClosedThroughout(value.vertex)) return "recursively";
  return value.isClosed && value.incompleteKind === "struct" ? "closed" : "open";
}

/** The packages that targets stand in, told apart by their roots. */
export function packagesOf(root: CueValue): (target: SchemaTarget) => SchemaPackage {
  const own = rootOf(root.vertex);
  const known = new Map<Vertex, SchemaPackage>();
  return ({ vertex }) => {
    const at = rootOf(vertex);
    let found = known.get(at);
    if (found === undefined) {
      found = { isRoot: at === own, name: packageOf(at), importPath: root.importPathOf(at) };
      known.set(at, found);
    }
    return found;
  };
}
