import { describe, expect, it } from "vitest";
import type { JsonObject } from "@lateen/base";
import { startTestApi, type TestApi } from "../../testing/start-test-api.ts";

const group = "/apis/admissionregistration.k8s.io/v1";
const maps = {
  resourceRules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
};

async function policy(
  api: TestApi,
  kind: "Validating" | "Mutating",
  given: {
    readonly name?: string;
    readonly spec: JsonObject;
    readonly binding?: JsonObject;
  },
) {
  const { name = "p", spec, binding = {} } = given;
  const plural = `${kind.toLowerCase()}admissionpolicies`;
  const made = await api.call("POST", `${group}/${plural}`, {
    metadata: { name },
    spec: { matchConstraints: maps, ...(kind === "Mutating" && { reinvocationPolicy: "Never" }), ...spec },
  });
  if (made.status !== 201) return made;
  return api.call("POST", `${group}/${kind.toLowerCase()}admissionpolicybindings`, {
    metadata: { name: `${name}-b` },
    spec: { policyName: name, ...(kind === "Validating" && { validationActions: ["Deny"] }), ...binding },
  });
}

const create = (api: TestApi, name: string, data: JsonObject = {}, as?: string) =>
  api.call(
    "POST",
    "/api/v1/namespaces/default/configmaps",
    { metadata: { name }, data },
    as === undefined ? {} : { as },
  );

async function allowMaps(api: TestApi, user: string) {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  await api.call("POST", `${rbac}/clusterroles`, {
    metadata: { name: "maps" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["*"] }],
  });
  await api.call("POST", `${rbac}/clusterrolebindings`, {
    metadata: { name: "maps" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "maps" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  });
}

describe("ValidatingAdmissionPolicy", () => {
  it("asks the authorizer about the user, the request's own resource, a path and a service account", async () => {
    await using api = await startTestApi();
    await allowMaps(api, "bob");
    await policy(api, "Validating", {
      spec: {
        variables: [{ name: "mine", expression: "authorizer.requestResource.check('delete').allowed()" }],
        validations: [
          { expression: "variables.mine", message: "may not delete" },
          { expression: "authorizer.path('/healthz').check('get').allowed()", message: "no healthz" },
          {
            expression: "!authorizer.serviceAccount('default', 'x').group('').resource('pods').check('list').allowed()",
          },
          { expression: "authorizer.group('apps').resource('deployments').check('create').reason() == ''" },
          { expression: "authorizer.group('').resource('secrets').check('get').allowed()", message: "no secrets" },
        ],
      },
    });
    expect((await create(api, "a")).status).toBe(201);
    const refused = await create(api, "b", {}, "bob");
    expect(refused.body.message).toBe(
      "configmaps \"b\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-b' denied request: no secrets",
    );
  });

  it("knows the types of variables, and none that come later", async () => {
    await using api = await startTestApi();
    const wrong = await policy(api, "Validating", {
      spec: {
        variables: [
          { name: "early", expression: "variables.late" },
          { name: "late", expression: "1" },
        ],
        validations: [
          { expression: "variables.late == 'x'" },
          { expression: "variables.nobody" },
          { expression: "params.x" },
        ],
      },
    });
    expect(wrong.status).toBe(422);
    const text = String(wrong.body.message);
    expect(text).toContain("spec.variables[0].expression");
    expect(text).toContain("undefined field 'late'");
    expect(text).toContain("undefined field 'nobody'");
    expect(text).toContain("undeclared reference to 'params'");
    expect(text).toContain("found no matching overload for '_==_' applied to '(int, string)'");
  });

  it("evaluates a variable only when it is read, and says what was wrong with it", async () => {
    await using api = await startTestApi();
    await policy(api, "Validating", {
      spec: {
        variables: [{ name: "v", expression: "object.data.absent" }],
        validations: [{ expression: "!('go' in object.data) || variables.v == 'x'" }],
      },
    });
    expect((await create(api, "a", { b: "c" })).status).toBe(201);
    expect((await create(api, "b", { go: "1" })).body.message).toContain(
      'resulted in error: composited variable "v" fails to evaluate: no such key: absent',
    );
  });

  it("takes every parameter that a selector finds, or what notFound says", async () => {
    await using api = await startTestApi();
    const spec = {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      validations: [
        {
          expression: "object.metadata.name.startsWith(params.data.prefix)",
          messageExpression: "'want ' + params.data.prefix",
        },
      ],
      matchConditions: [{ name: "not-params", expression: "!object.metadata.name.startsWith('param')" }],
    };
    await policy(api, "Validating", {
      spec,
      binding: { paramRef: { selector: { matchLabels: { role: "param" } }, parameterNotFoundAction: "Deny" } },
    });
    const none = await create(api, "x");
    expect(none.body.message).toContain(
      "denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    );
    await api.call("DELETE", `${group}/validatingadmissionpolicybindings/p-b`);
    for (const prefix of ["a", "ab"]) {
      await api.call("POST", "/api/v1/namespaces/default/configmaps", {
        metadata: { name: `param-${prefix}`, labels: { role: "param" } },
        data: { prefix },
      });
    }
    await api.call("POST", `${group}/validatingadmissionpolicybindings`, {
      metadata: { name: "p-b" },
      spec: {
        policyName: "p",
        validationActions: ["Deny"],
        paramRef: { selector: { matchLabels: { role: "param" } }, parameterNotFoundAction: "Deny" },
      },
    });
    expect((await create(api, "ax")).body.message).toContain("want ab");
    expect((await create(api, "abx")).status).toBe(201);
  });

  it("notes audit annotations and failures for the audit log, and warns", async () => {
    const events: Record<string, unknown>[] = [];
    await using api = await startTestApi({
      audit: (event) => events.push(event as unknown as Record<string, unknown>),
    });
    await policy(api, "Validating", {
      spec: {
        validations: [{ expression: "size(object.data) < 1", message: "not empty" }],
        auditAnnotations: [
          { key: "keys", valueExpression: "'has ' + string(size(object.data))" },
          { key: "nothing", valueExpression: "null" },
        ],
      },
      binding: { validationActions: ["Warn", "Audit"] },
    });
    const made = await create(api, "a", { b: "c" });
    expect(made.warnings).toEqual([
      "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-b': not empty\"",
    ]);
    const annotations = events.at(-1)?.annotations as Record<string, string>;
    expect(annotations["p/keys"]).toBe("has 1");
    expect(annotations["p/nothing"]).toBeUndefined();
    expect(JSON.parse(annotations["validation.policy.admission.k8s.io/validation_failure"]!)).toEqual([
      { message: "not empty", policy: "p", binding: "p-b", expressionIndex: 0, validationActions: ["Warn", "Audit"] },
    ]);
  });

  it("stops a policy that costs too much", async () => {
    await using api = await startTestApi();
    const check = "authorizer.group('').resource('pods').check('get').allowed()";
    await policy(api, "Validating", { spec: { validations: [{ expression: `${check} && ${check} && ${check}` }] } });
    expect((await create(api, "a")).body.message).toContain("operation cancelled: actual cost limit exceeded");
  });
});

describe("MutatingAdmissionPolicy", () => {
  const labelled = (key: string, value: string): JsonObject => ({
    patchType: "ApplyConfiguration",
    applyConfiguration: { expression: `Object{metadata: Object.metadata{labels: {'${key}': ${value}}}}` },
  });

  it("asks an earlier policy again when a later one changed the object", async () => {
    await using api = await startTestApi();
    const value = "has(object.metadata.labels) && 'late' in object.metadata.labels ? 'seen' : 'unseen'";
    await policy(api, "Mutating", {
      name: "a-first",
      spec: { reinvocationPolicy: "IfNeeded", mutations: [labelled("first", value)] },
    });
    await policy(api, "Mutating", { name: "b-never", spec: { mutations: [labelled("never", value)] } });
    await policy(api, "Mutating", { name: "c-late", spec: { mutations: [labelled("late", "'yes'")] } });
    const made = await create(api, "a");
    expect(made.body.metadata.labels).toEqual({ first: "seen", never: "unseen", late: "yes" });
  });

  it("does not touch what is merged as a whole", async () => {
    await using api = await startTestApi();
    await policy(api, "Mutating", {
      spec: {
        matchConstraints: {
          resourceRules: [
            { operations: ["CREATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] },
          ],
        },
        mutations: [
          {
            patchType: "ApplyConfiguration",
            applyConfiguration: {
              expression: "Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'x': 'y'}}}}",
            },
          },
        ],
      },
    });
    const refused = await api.call("POST", "/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "d" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    });
    expect([refused.status, refused.body.reason]).toEqual([403, "Invalid"]);
    expect(refused.body.message).toBe(
      "policy 'p' with binding 'p-b' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector",
    );
  });

  it("fails or lets pass by its failure policy", async () => {
    await using api = await startTestApi();
    const mutations = [
      {
        patchType: "JSONPatch",
        jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/x', value: object.data.absent}]" },
      },
    ];
    await policy(api, "Mutating", { spec: { mutations, failurePolicy: "Ignore" } });
    expect((await create(api, "a", { b: "c" })).status).toBe(201);
    await policy(api, "Mutating", { name: "q", spec: { mutations } });
    const refused = await create(api, "b", { b: "c" });
    expect([refused.status, String(refused.body.message).slice(0, 64)]).toEqual([
      403,
      "policy 'q' with binding 'q-b' denied request: expression '[JSONP",
    ]);
  });
});
