import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import type { Kind } from "../kind.ts";
import { builtinKinds, kindTableOf } from "../kind-table.ts";
import { openApiV2, openApiV3 } from "./documents.ts";
import { OpenApi } from "./open-api.ts";
import { openApiV2Protobuf } from "./swagger-protobuf.ts";

const kinds = builtinKinds();

const widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  singular: "widget",
  listKind: "WidgetList",
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
  subresources: ["status", "scale"],
};

function withWidget(schema: JsonObject | undefined): readonly [typeof kinds, (kind: Kind) => JsonObject | undefined] {
  return [kindTableOf([...kinds.kinds, widget]), ({ kind }) => (kind === "Widget" ? schema : undefined)];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
}

function read(bytes: Uint8Array | undefined): Document {
  return JSON.parse(new TextDecoder().decode(bytes)) as Document;
}

/** Every `$ref` of a document, as the name of a schema. */
function referencesOf(document: unknown): string[] {
  return [...JSON.stringify(document).matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)].map(
    ([, name = ""]) => name,
  );
}

describe("a v3 document", () => {
  const apps = openApiV3({ group: "apps", version: "v1" }, kinds) as unknown as Document;

  it("has what kubectl looks for before it applies: PATCH with the kind and fieldValidation", () => {
    const patch = apps.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?.["patch"];
    expect(patch?.["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", version: "v1", kind: "Deployment" });
    expect(patch?.["x-kubernetes-action"]).toBe("patch");
    const query = { name: "fieldValidation", in: "query", schema: { type: "string", uniqueItems: true } };
    expect(patch?.["parameters"]).toContainEqual(query);
  });

  it("shows required fields, defaults, list types and merge keys", () => {
    const spec = apps.components.schemas["io.k8s.api.core.v1.PodSpec"];
    expect(spec?.["required"]).toEqual(["containers"]);
    expect(spec?.["properties"]).toMatchObject({
      containers: {
        type: "array",
        items: { default: {}, allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.Container" }] },
        "x-kubernetes-list-map-keys": ["name"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "name",
        "x-kubernetes-patch-strategy": "merge",
      },
      nodeSelector: { additionalProperties: { type: "string", default: "" }, "x-kubernetes-map-type": "atomic" },
    });
    expect(apps.components.schemas["io.k8s.api.core.v1.ContainerPort"]?.["properties"]).toMatchObject({
      containerPort: { type: "integer", format: "int32", default: 0 },
      protocol: { type: "string", default: "TCP", enum: ["SCTP", "TCP", "UDP"] },
    });
  });

  it("names the kinds of its schemas", () => {
    const schemas = apps.components.schemas;
    const own = { group: "apps", kind: "DeploymentList", version: "v1" };
    expect(schemas["io.k8s.api.apps.v1.DeploymentList"]?.["x-kubernetes-group-version-kind"]).toEqual([own]);
    const scale = { group: "autoscaling", kind: "Scale", version: "v1" };
    expect(schemas["io.k8s.api.autoscaling.v1.Scale"]?.["x-kubernetes-group-version-kind"]).toEqual([scale]);
    expect(schemas["io.k8s.api.apps.v1.DeploymentSpec"]).not.toHaveProperty("x-kubernetes-group-version-kind");
  });

  it.each([...new Set(kinds.kinds.map(({ group, version }) => `${group}/${version}`))])(
    "of %s refers to nothing that it lacks",
    (name) => {
      const [group = "", version = ""] = name.split("/");
      const document = openApiV3({ group, version }, kinds) as unknown as Document;
      const present = new Set(Object.keys(document.components.schemas));
      expect(referencesOf(document).filter((reference) => !present.has(reference))).toEqual([]);
    },
  );
});

describe("a custom resource", () => {
  const schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { size: { type: "integer", default: 1, nullable: true } } } },
  };

  it("has its schema with kind, apiVersion and metadata, and paths of its own", () => {
    const document = openApiV3(widget, ...withWidget(schema)) as unknown as Document;
    expect(document.components.schemas["com.example.v1.Widget"]).toMatchObject({
      properties: { spec: schema.properties.spec, kind: { type: "string" } },
      "x-kubernetes-group-version-kind": [{ group: "example.com", kind: "Widget", version: "v1" }],
    });
    const patch = document.paths["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]?.["patch"];
    expect(JSON.stringify(patch)).toContain("application/merge-patch+json");
    expect(JSON.stringify(patch)).not.toContain("application/strategic-merge-patch+json");
  });

  it("without a schema keeps everything", () => {
    const document = openApiV3(widget, ...withWidget(undefined)) as unknown as Document;
    expect(document.components.schemas["com.example.v1.Widget"]).toHaveProperty("x-kubernetes-preserve-unknown-fields");
  });

  it("loses in Swagger what that cannot say", () => {
    const swagger = openApiV2(...withWidget(schema)) as unknown as { definitions: Record<string, JsonObject> };
    const properties = swagger.definitions["com.example.v1.Widget"]?.["properties"] as JsonObject;
    expect(properties["spec"]).toEqual({ type: "object", properties: { size: {} } });
  });
});

describe("the documents of a server", () => {
  it("lead from the index to each document by its hash", () => {
    const openApi = new OpenApi(kinds);
    const index = read(openApi.index()) as unknown as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(index.paths)).toContain("apis/apps");
    for (const [key, { serverRelativeURL }] of Object.entries(index.paths)) {
      expect(serverRelativeURL).toBe(`/openapi/v3/${key}?hash=${openApi.document(key)?.hash}`);
    }
    expect(openApi.document("apis/nosuch/v1")).toBeUndefined();
  });

  it("are kept when other kinds change", () => {
    const openApi = new OpenApi(kinds);
    const apps = openApi.document("apis/apps/v1");
    openApi.setKinds(...withWidget({ type: "object" }));
    expect(openApi.document("apis/apps/v1")).toBe(apps);
    const before = openApi.document("apis/example.com/v1");
    openApi.setKinds(...withWidget({ type: "object", description: "changed" }));
    expect(openApi.document("apis/example.com/v1")?.hash).not.toBe(before?.hash);
  });

  it("have a Swagger without loose ends, in JSON and in protobuf", () => {
    const swagger = openApiV2(kinds) as unknown as { definitions: object };
    const present = new Set(Object.keys(swagger.definitions));
    expect(referencesOf(swagger).filter((reference) => !present.has(reference))).toEqual([]);
    const bytes = openApiV2Protobuf(swagger as unknown as JsonObject);
    expect(Buffer.from(bytes.subarray(0, 5)).toString("latin1")).toBe("\n\u00032.0");
    expect(bytes.length).toBeGreaterThan(100_000);
  });
});
