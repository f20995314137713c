/** The paths of a group and version: what kubectl looks for before it patches, and what readers of the document expect. */
import type { JsonObject } from "@lateen/base";
import { apiVersionOf, type GroupVersionKind } from "../../kube-object.ts";
import type { Kind } from "../kind.ts";
import { subresourceOf } from "../subresources.ts";
import type { Dialect } from "./schemas.ts";

export interface PathContext {
  readonly dialect: Dialect;
  /** A reference to the schema of a kind, or of a type by its OpenAPI name. */
  readonly schemaOf: (kind: GroupVersionKind | string) => JsonObject;
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

interface Parameter {
  readonly name: string;
  readonly type: "string" | "boolean" | "integer";
}

function texts(...names: string[]): readonly Parameter[] {
  return names.map((name) => ({ name, type: "string" }));
}

const writeParameters = texts("dryRun", "fieldManager", "fieldValidation");
const patchParameters: readonly Parameter[] = [...writeParameters, { name: "force", type: "boolean" }];
const deleteParameters: readonly Parameter[] = [
  ...texts("dryRun"),
  { name: "gracePeriodSeconds", type: "integer" },
  { name: "ignoreStoreReadErrorWithClusterBreakingPotential", type: "boolean" },
  { name: "orphanDependents", type: "boolean" },
  ...texts("propagationPolicy"),
];
const listParameters: readonly Parameter[] = [
  { name: "allowWatchBookmarks", type: "boolean" },
  ...texts("continue", "fieldSelector", "labelSelector"),
  { name: "limit", type: "integer" },
  ...texts("resourceVersion", "resourceVersionMatch"),
  { name: "sendInitialEvents", type: "boolean" },
  { name: "timeoutSeconds", type: "integer" },
  { name: "watch", type: "boolean" },
];

const patchTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const answerTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** All paths of one kind. */
export function pathsOf(kind: Kind, context: PathContext): JsonObject {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const writer = new PathWriter(kind, context);
  return {
    ...(kind.namespaced && kind.verbs.includes("list") ? { [`${root}/${kind.plural}`]: writer.everywhere() } : {}),
    [collection]: writer.collection(),
    ...(kind.verbs.includes("get") ? { [`${collection}/{name}`]: writer.item() } : {}),
    ...Object.fromEntries(kind.subresources.map((name) => [`${collection}/{name}/${name}`, writer.subresource(name)])),
  };
}

class PathWriter {
  private readonly kind: Kind;
  private readonly context: PathContext;
  private readonly own: GroupVersionKind;

  constructor(kind: Kind, context: PathContext) {
    this.kind = kind;
    this.context = context;
    this.own = { group: kind.group, version: kind.version, kind: kind.kind };
  }

  everywhere(): JsonObject {
    return { get: this.list("list", "ForAllNamespaces"), parameters: this.pathParameters([]) };
  }

  collection(): JsonObject {
    const { verbs } = this.kind;
    return {
      ...(verbs.includes("list") ? { get: this.list("list", "") } : {}),
      ...(verbs.includes("create") ? { post: this.write("post", "create", { kind: this.own, suffix: "" }) } : {}),
      ...(verbs.includes("deletecollection") ? { delete: this.deleteCollection() } : {}),
      parameters: this.pathParameters(this.kind.namespaced ? ["namespace"] : []),
    };
  }

  item(): JsonObject {
    const { verbs } = this.kind;
    const target = { kind: this.own, suffix: "" };
    return {
      get: this.read(target),
      ...(verbs.includes("update") ? { put: this.write("put", "replace", target) } : {}),
      ...(verbs.includes("patch") ? { patch: this.patch(target) } : {}),
      ...(verbs.includes("delete") ? { delete: this.delete() } : {}),
      parameters: this.pathParameters(this.kind.namespaced ? ["name", "namespace"] : ["name"]),
    };
  }

  subresource(name: string): JsonObject {
    const facts = subresourceOf(this.kind, name);
    const target = { kind: facts?.kind ?? this.own, suffix: name.charAt(0).toUpperCase() + name.slice(1) };
    const parameters = this.pathParameters(this.kind.namespaced ? ["name", "namespace"] : ["name"]);
    const verbs = facts?.verbs ?? [];
    if (target.kind.kind.endsWith("Options")) return { ...this.connects(target, verbs), parameters };
    return {
      ...(verbs.includes("get") ? { get: this.read(target) } : {}),
      ...(verbs.includes("create") ? { post: this.write("post", "create", target) } : {}),
      ...(verbs.includes("update") ? { put: this.write("put", "replace", target) } : {}),
      ...(verbs.includes("patch") ? { patch: this.patch(target) } : {}),
      parameters,
    };
  }

  private connects(target: Target, verbs: readonly string[]): JsonObject {
    const methods = { create: "post", get: "get", update: "put", patch: "patch", delete: "delete" } as const;
    return Object.fromEntries(
      Object.entries(methods)
        .filter(([verb]) => verbs.includes(verb))
        .map(([, method]) => [
          method,
          this.operation("connect", `connect${method.charAt(0).toUpperCase()}${method.slice(1)}`, {
            ...target,
            responses: { 200: { description: "OK" }, 401: unauthorized },
          }),
        ]),
    );
  }

  private list(action: string, suffix: string): JsonObject {
    return this.operation(action, "list", {
      kind: this.own,
      suffix,
      parameters: listParameters,
      responses: this.responses(["200"], { ...this.own, kind: this.kind.listKind }),
    });
  }

  private read(target: Target): JsonObject {
    return this.operation("get", "read", { ...target, responses: this.responses(["200"], target.kind) });
  }

  private write(action: string, verb: string, target: Target): JsonObject {
    const codes = action === "post" ? ["200", "201", "202"] : ["200", "201"];
    return this.operation(action, verb, {
      ...target,
      parameters: writeParameters,
      body: { types: ["*/*"], schema: this.context.schemaOf(target.kind), required: true },
      responses: this.responses(codes, target.kind),
    });
  }

  private patch(target: Target): JsonObject {
    const types = this.kind.type === undefined ? patchTypes.slice(0, 3) : patchTypes;
    return this.operation("patch", "patch", {
      ...target,
      parameters: patchParameters,
      body: { types, schema: this.context.schemaOf(`${meta}Patch`), required: true },
      responses: this.responses(["200", "201"], target.kind),
    });
  }

  private delete(): JsonObject {
    return this.operation("delete", "delete", {
      kind: this.own,
      suffix: "",
      parameters: deleteParameters,
      body: { types: ["*/*"], schema: this.context.schemaOf(`${meta}DeleteOptions`), required: false },
      responses: this.responses(["200", "202"], `${meta}Status`),
    });
  }

  private deleteCollection(): JsonObject {
    return this.operation("deletecollection", "deleteCollection", {
      kind: this.own,
      suffix: "",
      parameters: [...deleteParameters, ...listParameters.filter(({ name }) => !name.includes("atch"))],
      body: { types: ["*/*"], schema: this.context.schemaOf(`${meta}DeleteOptions`), required: false },
      responses: this.responses(["200"], `${meta}Status`),
    });
  }

  private responses(codes: readonly string[], kind: GroupVersionKind | string): JsonObject {
    const schema = this.context.schemaOf(kind);
    const names: Readonly<Record<string, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };
    const content = Object.fromEntries(answerTypes.map((type) => [type, { schema }]));
    const entries = codes.map((code) => [
      code,
      { description: names[code] ?? "", ...(this.context.dialect === "v3" ? { content } : { schema }) },
    ]);
    return { ...Object.fromEntries(entries), 401: unauthorized };
  }

  private operation(action: string, verb: string, parts: Operation): JsonObject {
    const { kind, suffix, parameters = [], body, responses } = parts;
    const { dialect } = this.context;
    const scope = this.kind.namespaced && suffix !== "ForAllNamespaces" ? "Namespaced" : "";
    const group = this.kind.group === "" ? "core" : (this.kind.group.split(".")[0] ?? "");
    const inBody = body !== undefined && dialect === "v2" ? [bodyParameter(body)] : [];
    const shown = [...inBody, ...parameters.map((parameter) => queryParameter(parameter, dialect))];
    return {
      operationId: `${verb}${capital(group)}${capital(this.kind.version)}${scope}${this.kind.kind}${suffix}`,
      tags: [`${group}_${this.kind.version}`],
      ...(dialect === "v2" ? { consumes: body?.types ?? ["*/*"], produces: answerTypes, schemes: ["https"] } : {}),
      ...(shown.length === 0 ? {} : { parameters: shown }),
      ...(body !== undefined && dialect === "v3" ? { requestBody: requestBody(body) } : {}),
      responses,
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": { group: kind.group, version: kind.version, kind: kind.kind },
    };
  }

  private pathParameters(names: readonly string[]): readonly JsonObject[] {
    const { dialect } = this.context;
    return [
      ...names.map((name) => ({ name, in: "path", required: true, ...typed("string", dialect) })),
      { name: "pretty", in: "query", ...typed("string", dialect) },
    ];
  }
}

interface Target {
  readonly kind: GroupVersionKind;
  readonly suffix: string;
}

interface Body {
  readonly types: readonly string[];
  readonly schema: JsonObject;
  readonly required: boolean;
}

interface Operation extends Target {
  readonly parameters?: readonly Parameter[];
  readonly body?: Body;
  readonly responses: JsonObject;
}

const unauthorized = { description: "Unauthorized" };

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function typed(type: string, dialect: Dialect): JsonObject {
  return dialect === "v3" ? { schema: { type, uniqueItems: true } } : { type, uniqueItems: true };
}

function queryParameter({ name, type }: Parameter, dialect: Dialect): JsonObject {
  return { name, in: "query", ...typed(type, dialect) };
}

function bodyParameter({ schema, required }: Body): JsonObject {
  return { name: "body", in: "body", ...(required ? { required } : {}), schema };
}

function requestBody({ types, schema, required }: Body): JsonObject {
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])), ...(required ? { required } : {}) };
}

/** The key of a group and version in the index: `api/v1`, `apis/apps/v1`. */
export function documentKey(groupVersion: { readonly group: string; readonly version: string }): string {
  return groupVersion.group === "" ? `api/${groupVersion.version}` : `apis/${apiVersionOf(groupVersion)}`;
}
