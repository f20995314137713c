import { apiVersionOf, type Kind, type KindTable, type KubeObject } from "@lateen/objects";
import { kindTableOf } from "@lateen/objects/kinds";
import { kindsOfDefinition } from "../crd/kinds-of-definition.ts";
import { type Resource, resourceOf } from "./resource.ts";

/**
 * Everything that is served now: the built-in kinds and those of the definitions in the store. A new table is made when a
 * definition changes, so that discovery, reads and writes of one request see one state.
 */
export class ResourceTable {
  readonly kinds: KindTable;
  /** Groups that come from definitions, in the order of their creation. */
  readonly customGroups: readonly string[];
  readonly #builtin: KindTable;
  readonly #byResource = new Map<string, Resource>();
  readonly #definitions: ReadonlyMap<string, KubeObject>;

  constructor(builtin: KindTable, definitions: ReadonlyMap<string, KubeObject> = new Map()) {
    this.#builtin = builtin;
    this.#definitions = definitions;
    const kinds: Kind[] = [...builtin.kinds];
    for (const kind of builtin.kinds) this.#add(resourceOf(kind));
    const groups = new Set<string>();
    for (const definition of definitions.values()) {
      for (const { kind, custom } of kindsOfDefinition(definition)) {
        if (this.#byResource.has(resourceKey(kind))) continue;
        this.#add(resourceOf(kind, custom));
        kinds.push(kind);
        groups.add(kind.group);
      }
    }
    this.customGroups = [...groups];
    this.kinds = kindTableOf(kinds);
  }

  lookup(resource: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
  }): Resource | undefined {
    return this.#byResource.get(resourceKey(resource));
  }

  /** A resource in the version that the store keeps. */
  stored(group: string, plural: string): Resource | undefined {
    for (const resource of this.#byResource.values()) {
      const { kind } = resource;
      if (kind.group === group && kind.plural === plural && kind.storageVersion === undefined) return resource;
    }
    return this.all.find(({ kind }) => kind.group === group && kind.plural === plural);
  }

  get all(): readonly Resource[] {
    return [...this.#byResource.values()];
  }

  isBuiltinGroup(group: string): boolean {
    return this.#builtin.versionsOf(group).length > 0;
  }

  get definitions(): ReadonlyMap<string, KubeObject> {
    return this.#definitions;
  }

  /** The table with these definitions beside its own. */
  withDefinitions(added: readonly KubeObject[]): ResourceTable {
    const definitions = new Map(this.#definitions);
    for (const definition of added) definitions.set(definition.metadata.name ?? "", definition);
    return new ResourceTable(this.#builtin, definitions);
  }

  /** The table with one definition changed, or gone. */
  withDefinition(name: string, definition: KubeObject | undefined): ResourceTable {
    const definitions = new Map(this.#definitions);
    if (definition === undefined) definitions.delete(name);
    else definitions.set(name, definition);
    return new ResourceTable(this.#builtin, definitions);
  }

  #add(resource: Resource): void {
    this.#byResource.set(resourceKey(resource.kind), resource);
  }
}

function resourceKey(resource: { readonly group: string; readonly version: string; readonly plural: string }): string {
  return `${apiVersionOf(resource)}/${resource.plural}`;
}
