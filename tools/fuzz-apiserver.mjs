// npm run fuzz:apiserver [-- --minutes N --seed N --report FILE]: requests generated from the server's own OpenAPI documents, with values of the right
// and of wrong types, damaged bodies, odd paths, queries and headers, sent in process to a server on the memory store. No answer may be
// a 500 that the server itself calls an internal error, none may take long, and the server must go on answering. Prints each finding.
import { pathToFileURL } from "node:url";
import { writeFileSync } from "node:fs";
import { bundle, ensureInstalled } from "./project.mjs";

const options = { minutes: "1", seed: "1", slow: "3000", report: undefined };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];

ensureInstalled({ quiet: true });
const load = async (path, name) => import(pathToFileURL(await bundle(path, `${name}-${process.pid}`)).href);
const { createApiServer, createMemoryStore } = await load("packages/apiserver/src/index.ts", "fuzz-apiserver");
const { nodePlatform } = await load("packages/apiserver/src/platform/node.ts", "fuzz-platform");

/** xorshift32: the same numbers for the same seed. */
let state = (Number(options.seed) * 2654435761) >>> 0 || 1;
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state / 2 ** 32;
}
const chance = (p) => random() < p;
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const logged = [];
const newServer = async () => {
  const server = createApiServer({
    store: createMemoryStore(),
    platform: nodePlatform,
    log: ({ level, message, error }) => void (level === "error" && logged.push(`${message}: ${error ?? ""}`)),
  });
  await server.ready;
  const admin = { user: { username: "admin", groups: ["system:masters"] } };
  const send = async (method, path, { headers = {}, body } = {}) => {
    const gone = new AbortController();
    const response = await server.handle(
      {
        method,
        path,
        headers,
        body: typeof body === "string" ? new TextEncoder().encode(body) : body,
        signal: gone.signal,
      },
      admin,
    );
    if (response.body instanceof Uint8Array) return { ...response, text: new TextDecoder().decode(response.body) };
    // A stream that opens is left at once.
    const reader = response.body[Symbol.asyncIterator]();
    gone.abort();
    await reader.return?.();
    return { ...response, text: "" };
  };
  return { server, send };
};

let { server, send } = await newServer();
await send("POST", "/api/v1/namespaces/default/serviceaccounts", { body: '{"metadata":{"name":"default"}}' });
const crd = {
  metadata: { name: "widgets.fuzz.example.com" },
  spec: {
    group: "fuzz.example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: ".spec.n", statusReplicasPath: ".status.n" } },
        selectableFields: [{ jsonPath: ".spec.s" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  n: { type: "integer", minimum: 0, default: 1 },
                  s: { type: "string", maxLength: 20 },
                  l: {
                    type: "array",
                    maxItems: 10,
                    items: { type: "object", required: ["k"], properties: { k: { type: "string" } } },
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["k"],
                  },
                  any: { "x-kubernetes-preserve-unknown-fields": true },
                },
                "x-kubernetes-validations": [
                  { rule: "!has(self.s) || self.s != 'bad'" },
                  { rule: "self.n >= oldSelf.n" },
                ],
              },
              status: { type: "object", properties: { n: { type: "integer" } } },
            },
          },
        },
      },
    ],
  },
};
await send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: JSON.stringify(crd) });

const documents = [];
const index = JSON.parse((await send("GET", "/openapi/v3")).text);
for (const path of Object.keys(index.paths)) {
  if (!/^(api\/v1|apis\/[^/]+\/[^/]+)$/.test(path)) continue;
  documents.push(JSON.parse((await send("GET", `/openapi/v3/${path}`)).text));
}
const operations = documents.flatMap((document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => ["get", "post", "put", "patch", "delete"].includes(method))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation, document })),
  ),
);
const bodySchemaOf = ({ method, path, operation, document }) => {
  const content = operation.requestBody?.content ?? {};
  const schema = Object.values(content)[0]?.schema;
  if (schema !== undefined && method !== "PATCH") return schema;
  const siblings = document.paths[path] ?? {};
  return (Object.values(siblings.put?.requestBody?.content ?? {})[0] ?? {}).schema;
};

const oddTexts = [
  "",
  "a",
  "A.b",
  "-",
  "__proto__",
  "constructor",
  "toString",
  "../../etc/passwd",
  "%00",
  "\u0000",
  "\ud800",
  "é",
  "🙂",
  "x".repeat(300),
  "1e400",
  "null",
  "true",
  "{{x}}",
  "a/b",
  "a b",
  "*",
  "0",
  "-1",
  "1Gi",
  "100m",
  "9223372036854775807",
  "2026-11-24T00:00:00Z",
  "10.0.0.1",
  "::1",
  "0.0.0.0/0",
  "default",
  "kube-system",
];
const oddNumbers = [0, -1, 1, 2147483647, -2147483648, 4294967296, 2 ** 53, 1.5, 1e308, -0, 65535, 65536];
const oddValues = () =>
  pick([
    null,
    true,
    false,
    [],
    {},
    [null],
    [[]],
    { __proto__x: 1 },
    pick(oddTexts),
    pick(oddNumbers),
    [pick(oddTexts)],
    { [pick(oddTexts)]: pick(oddNumbers) },
  ]);
const names = ["a", "b", "c", "default", "x-1"];

function valueOf(schema, document, depth) {
  if (schema === undefined || depth > 7 || chance(0.02)) return oddValues();
  if (schema.$ref !== undefined)
    return valueOf(document.components.schemas[schema.$ref.split("/").at(-1)], document, depth);
  if (schema.allOf !== undefined) return valueOf(schema.allOf[0], document, depth);
  if (schema.oneOf !== undefined || schema.anyOf !== undefined) return chance(0.5) ? pick(oddNumbers) : pick(oddTexts);
  if (schema.enum !== undefined && chance(0.9)) return pick(schema.enum);
  switch (schema.type) {
    case "string":
      if (schema.format === "byte") return chance(0.8) ? "YWJj" : pick(oddTexts);
      if (schema.format === "date-time") return chance(0.8) ? "2026-11-24T00:00:00Z" : pick(oddTexts);
      return chance(0.5) ? pick(names) : pick(oddTexts);
    case "integer":
    case "number":
      return chance(0.7) ? below(100) : pick(oddNumbers);
    case "boolean":
      return chance(0.5);
    case "array": {
      const length = chance(0.03) ? 40 : below(3);
      return Array.from({ length }, () => valueOf(schema.items, document, depth + 1));
    }
    case "object":
    case undefined: {
      const result = {};
      const properties = schema.properties ?? {};
      for (const [name, property] of Object.entries(properties)) {
        if (name === "managedFields" && chance(0.9)) continue;
        if ((schema.required ?? []).includes(name) ? chance(0.95) : chance(depth < 3 ? 0.35 : 0.15))
          result[name] = valueOf(property, document, depth + 1);
      }
      if (schema.additionalProperties)
        for (let n = below(3); n > 0; n--)
          result[pick(oddTexts)] = valueOf(schema.additionalProperties, document, depth + 1);
      if (chance(0.05)) result[pick(oddTexts)] = oddValues();
      return result;
    }
    default:
      return oddValues();
  }
}

const queries = [
  "dryRun=All",
  "dryRun=x",
  "fieldManager=f",
  "fieldManager=",
  "fieldValidation=Strict",
  "fieldValidation=Ignore",
  "fieldValidation=x",
  "force=true",
  "limit=1",
  "limit=-5",
  "limit=99999999999999999999",
  "continue=abc",
  "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
  "resourceVersion=0",
  "resourceVersion=1",
  "resourceVersion=-1",
  "resourceVersion=x",
  "resourceVersionMatch=Exact",
  "resourceVersionMatch=NotOlderThan",
  "labelSelector=a%3Db",
  "labelSelector=%21%21",
  "labelSelector=a+in+%28",
  "fieldSelector=metadata.name%3Da",
  "fieldSelector=x%3Dy",
  "fieldSelector=%5C",
  "pretty=true",
  "watch=true&timeoutSeconds=1",
  "watch=maybe&allowWatchBookmarks=1&timeoutSeconds=1",
  "sendInitialEvents=true",
  "gracePeriodSeconds=0",
  "gracePeriodSeconds=-1",
  "propagationPolicy=Foreground",
  "propagationPolicy=x",
  "orphanDependents=true",
  "timeoutSeconds=x",
  "includeObject=Object",
  "%ZZ=%ZZ",
  "a=b&a=c",
  "container=a",
  "stdout=true&command=a",
  "ports=1",
  "tailLines=x",
  "ignoreStoreReadErrorWithClusterBreakingPotential=true",
];
const accepts = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "*/*",
  "",
  "text/html",
  "application/json;as=Table;g=meta.k8s.io;v=v1",
  "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  "application/json;as=x;q=nan",
  ";;;",
  "application/json;q=2,,",
];
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

function damaged(text) {
  const bytes = new TextEncoder().encode(text);
  for (let n = 1 + below(3); n > 0 && bytes.length > 0; n--) bytes[below(bytes.length)] = below(256);
  return chance(0.3) ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
}

function pathOf(template) {
  let path = template.replace("{namespace}", () =>
    chance(0.95) ? "default" : encodeURIComponent(pick(oddTexts.filter((text) => text !== "\ud800"))),
  );
  path = path.replace("{name}", () =>
    chance(0.85) ? pick(names) : encodeURIComponent(pick(oddTexts.filter((text) => text !== "\ud800"))),
  );
  path = path.replace("{path}", "x");
  if (chance(0.02)) path += pick(["/", "//", "/..", "/%2e%2e/x", "/status", "/scale", "/nosuch", "%00", "/\u00e9"]);
  const asked = [];
  while (chance(0.3)) asked.push(pick(queries));
  return asked.length === 0 ? path : `${path}?${asked.join("&")}`;
}

function jsonPatch() {
  return Array.from({ length: below(4) }, () => ({
    op: pick(["add", "remove", "replace", "move", "copy", "test", "x"]),
    path: pick([
      "/metadata/labels/a",
      "/metadata/labels",
      "/spec",
      "/spec/-",
      "/data/x",
      "/",
      "",
      "/metadata/name",
      "/spec/containers/0/image",
      "/spec/replicas",
      "/status",
      "x",
      "/metadata/finalizers/-",
      "/a~1b",
      "/__proto__/x",
    ]),
    ...(chance(0.6) && { value: oddValues() }),
    ...(chance(0.3) && { from: pick(["/metadata", "/spec", "/nosuch", ""]) }),
  }));
}

/** What only strategic merge knows. */
function withDirectives(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !chance(0.3)) return value;
  return {
    ...value,
    [pick(["$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers"])]: pick([
      "delete",
      "replace",
      "merge",
      "x",
      [],
      ["a"],
      [{ name: "a" }],
    ]),
  };
}

function generate() {
  const chosen = pick(operations);
  const { method, path, document } = chosen;
  const headers = {};
  if (chance(0.4)) headers.accept = pick(accepts);
  if (chance(0.1)) headers["user-agent"] = pick(["kubectl/1", "", "x".repeat(5000), "é"]);
  let body;
  const schema = bodySchemaOf(chosen);
  if (method === "POST" || method === "PUT" || method === "PATCH") {
    let value = valueOf(schema, document, 0);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      value.metadata = chance(0.9)
        ? { name: pick(names), ...(chance(0.3) && typeof value.metadata === "object" ? value.metadata : {}) }
        : value.metadata;
      const kinds = chosen.operation["x-kubernetes-group-version-kind"];
      if (kinds !== undefined && chance(0.95)) {
        value.apiVersion = kinds.group ? `${kinds.group}/${kinds.version}` : kinds.version;
        value.kind = kinds.kind;
      }
    }
    headers["content-type"] = "application/json";
    if (method === "PATCH") {
      headers["content-type"] = pick(patchTypes);
      if (headers["content-type"] === patchTypes[0]) value = jsonPatch();
      if (headers["content-type"] === patchTypes[2]) value = withDirectives(value);
    }
    body = JSON.stringify(value);
    if (chance(0.05))
      headers["content-type"] = pick([
        "application/yaml",
        "application/vnd.kubernetes.protobuf",
        "text/plain",
        "",
        "application/json; charset=utf-8",
      ]);
    if (chance(0.08)) body = damaged(body);
  } else if (method === "DELETE" && chance(0.5)) {
    headers["content-type"] = "application/json";
    body = JSON.stringify({
      kind: "DeleteOptions",
      apiVersion: "v1",
      ...(chance(0.5) && { propagationPolicy: pick(["Orphan", "Background", "Foreground", "x"]) }),
      ...(chance(0.3) && { preconditions: { uid: pick(oddTexts) } }),
      ...(chance(0.2) && { gracePeriodSeconds: pick(oddNumbers) }),
    });
    if (chance(0.1)) body = damaged(body);
  }
  return {
    method: chance(0.01) ? pick(["OPTIONS", "TRACE", "FOO", "HEAD"]) : method,
    path: pathOf(path),
    headers,
    body,
  };
}

const findings = new Map();
const statuses = new Map();
function report(kind, request, detail) {
  const known = findings.get(kind) ?? { count: 0, request, detail };
  known.count++;
  findings.set(kind, known);
  if (known.count === 1) {
    const shown =
      typeof request.body === "string"
        ? request.body
        : request.body && `bytes ${Buffer.from(request.body).toString("base64")}`;
    console.log(
      `\n## ${kind}\n${request.method} ${request.path}\n${JSON.stringify(request.headers)}\n${(shown ?? "").slice(0, 1500)}\n-> ${detail.slice(0, 800)}`,
    );
  }
}

// 500s that kube-apiserver 1.36.3 answers to the same requests as well: its own texts, each tried there.
const known500 = [
  /^resourceVersion should not be set on objects to be created$/,
  /^(invalid resource version: )?resourceVersion: Invalid value: "/,
  /^strconv\.Parse(Int|Uint): parsing /,
  /^failed to create (typed patch object|typed live object|manager for existing fields)/,
  /^failed to convert new object \(.*\) to proper version: unable to convert unstructured object to /,
  /^unknown patch type: /,
  /^list element types are not identical: /,
  /^json: cannot unmarshal .* into Go struct field .* of type /,
  /^map: map\[.*\] does not contain declared merge key: /,
  /^(delete patch type with no merge key defined|expected a|unable to find api field|cannot restore)/,
  /^The order in patch list:/,
  /^invalid patch format of retainKeys$/,
  /^This pod has more than one PodDisruptionBudget/,
  /^\[?target\.(kind|name): /,
  /^Internal error occurred: the spec replicas field /,
];
const { readYaml } = await load("packages/objects/src/yaml/index.ts", "fuzz-yaml");

/** The message of a Status, however it was asked for; the text where it is none. */
function messageOf(text) {
  try {
    const { message } = text.startsWith("{") ? JSON.parse(text) : readYaml(text);
    return typeof message === "string" ? message : text;
  } catch {
    return text;
  }
}

const end = Date.now() + Number(options.minutes) * 60_000;
let requests = 0;
while (Date.now() < end) {
  const request = generate();
  requests++;
  const before = logged.length;
  const started = performance.now();
  try {
    const answer = await send(request.method, request.path, request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (logged.length > before)
      report(
        `logged ${logged
          .at(-1)
          .split("\n")
          .slice(0, 2)
          .join(" ")
          .replace(/^.*? failed: /, "")
          .slice(0, 160)}`,
        request,
        logged.at(-1),
      );
    else if (answer.status >= 500 && answer.status !== 501 && answer.status !== 503 && answer.status !== 504) {
      const message = messageOf(answer.text);
      if (!known500.some((known) => known.test(message)))
        report(`${answer.status} ${message.replaceAll(/[0-9]+/g, "#").slice(0, 80)}`, request, answer.text);
    }
  } catch (error) {
    report(`throws ${String(error).slice(0, 100)}`, request, String(error?.stack ?? error));
  }
  const ms = performance.now() - started;
  if (ms > Number(options.slow)) report("takes long", request, `${Math.round(ms)} ms`);
  if (requests % 20_000 === 0) {
    // What generated policies, webhooks and quotas refuse would hide the rest.
    await server[Symbol.asyncDispose]();
    ({ server, send } = await newServer());
    await send("POST", "/api/v1/namespaces/default/serviceaccounts", { body: '{"metadata":{"name":"default"}}' });
    await send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: JSON.stringify(crd) });
  }
}
const alive = (await send("GET", "/readyz")).status === 200;
await server[Symbol.asyncDispose]();
console.log(
  `\n${requests} requests (seed ${options.seed}); ${[...statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`)
    .join(", ")}`,
);
console.log(`${findings.size} kinds of findings${alive ? "" : "; the server no longer answers"}`);
if (options.report !== undefined) writeFileSync(options.report, JSON.stringify([...findings], undefined, 2));
process.exit(findings.size === 0 && alive ? 0 : 1);
