import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "@lateen/base";
import { nodePlatform } from "../../platform/node.ts";
import type { OutgoingCall, Platform } from "../../platform/platform.ts";
import { startTestApi, type TestApi } from "../../testing/start-test-api.ts";

type Review = { readonly request: JsonObject & { readonly uid: string; readonly object: JsonObject } };
type Hook = (review: Review) => JsonObject | Promise<JsonObject>;

/** A platform whose calls out reach these hooks, by the path of the URL. */
function calling(hooks: Readonly<Record<string, Hook>>): { platform: Platform; calls: string[]; reviews: Review[] } {
  const calls: string[] = [];
  const reviews: Review[] = [];
  const post = async ({ url, body }: OutgoingCall) => {
    const path = new URL(url).pathname.slice(1);
    calls.push(path);
    const review = JSON.parse(new TextDecoder().decode(body)) as Review;
    reviews.push(review);
    const response = await hooks[path]!(review);
    const answer = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", response };
    return {
      status: 200,
      body: new TextEncoder().encode(
        JSON.stringify({ ...answer, response: { uid: review.request.uid, allowed: true, ...response } }),
      ),
    };
  };
  return { platform: { ...nodePlatform, post }, calls, reviews };
}

const patch = (...operations: JsonValue[]): JsonObject => ({
  patchType: "JSONPatch",
  patch: btoa(JSON.stringify(operations)),
});

const rules = [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }];

function configure(
  api: TestApi,
  kind: "Mutating" | "Validating",
  webhooks: readonly (JsonObject & { readonly path: string })[],
) {
  return api.call("POST", `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: kind.toLowerCase() },
    webhooks: webhooks.map(({ path, ...rest }) => ({
      name: `${path}.example.com`,
      clientConfig: { url: `https://hooks.test/${path}` },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      rules,
      ...rest,
    })),
  });
}

const create = (api: TestApi, data: JsonObject = {}, query = "") =>
  api.call("POST", `/api/v1/namespaces/default/configmaps${query}`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c" },
    data,
  });

describe("admission webhooks", () => {
  it("asks a webhook again when a later one changed the object, once, and only where it wants that", async () => {
    const { platform, calls } = calling({
      first: ({ request }) => {
        const data = request.object.data as JsonObject;
        return data.late === undefined ? {} : patch({ op: "add", path: "/data/seen", value: data.late });
      },
      never: () => ({}),
      last: () => patch({ op: "add", path: "/data/late", value: "yes" }),
    });
    await using api = await startTestApi({ platform });
    await configure(api, "Mutating", [
      { path: "first", reinvocationPolicy: "IfNeeded" },
      { path: "never" },
      { path: "last", reinvocationPolicy: "IfNeeded" },
    ]);
    const created = await create(api, { a: "b" });
    expect(created.body.data).toEqual({ a: "b", late: "yes", seen: "yes" });
    // `last` is asked again too: `first` changed the object after it.
    expect(calls).toEqual(["first", "never", "last", "first", "last"]);
  });

  it("shows the object in the version that a rule names, unless only the exact one is meant", async () => {
    const { platform, reviews } = calling({ equivalent: () => ({}), exact: () => ({}) });
    await using api = await startTestApi({ platform });
    const scalers = [
      {
        operations: ["CREATE"],
        apiGroups: ["autoscaling"],
        apiVersions: ["v1"],
        resources: ["horizontalpodautoscalers"],
      },
    ];
    await configure(api, "Validating", [
      { path: "equivalent", rules: scalers },
      { path: "exact", rules: scalers, matchPolicy: "Exact" },
    ]);
    const created = await api.call("POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "h" },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 3 },
    });
    expect(created.status).toBe(201);
    expect(reviews.length).toBe(1);
    const { request } = reviews[0]!;
    expect(request.kind).toEqual({ group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler" });
    expect(request.requestKind).toEqual({ group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler" });
    expect(request.object.apiVersion).toBe("autoscaling/v1");
    expect((request.object.spec as JsonObject).targetCPUUtilizationPercentage).toBe(80);
  });

  it("answers a refusal with the webhook's own code, reason and text, and hands on its warnings", async () => {
    const { platform } = calling({
      no: () => ({ allowed: false, status: { code: 418, reason: "Teapot", message: "no coffee" }, warnings: ["w"] }),
      bare: () => ({ allowed: false }),
    });
    await using api = await startTestApi({ platform });
    await configure(api, "Validating", [
      { path: "no", matchConditions: [{ name: "a", expression: "'a' in object.data" }] },
      { path: "bare", matchConditions: [{ name: "b", expression: "'b' in object.data" }] },
    ]);
    const refused = await create(api, { a: "1" });
    expect(refused.status).toBe(418);
    expect(refused.body).toMatchObject({
      reason: "Teapot",
      message: 'admission webhook "no.example.com" denied the request: no coffee',
    });
    expect(refused.warnings).toEqual(['299 - "w"']);
    const bare = await create(api, { b: "1" });
    expect([bare.status, bare.body.message]).toEqual([
      400,
      'admission webhook "bare.example.com" denied the request without explanation',
    ]);
  });

  it.each([
    ["another uid", { uid: "x" }, /expected response.uid=/],
    ["a patch without a type", { patch: btoa("[]") }, /returned response.patch but not response.patchType/],
    ["a type without a patch", { patchType: "JSONPatch" }, /returned response.patchType but not response.patch/],
    ["a type nobody knows", { patch: btoa("[]"), patchType: "X" }, /unsupported patch type "X"/],
  ])("fails by its policy when the answer has %s", async (_, response, text) => {
    const { platform } = calling({ odd: () => response });
    await using api = await startTestApi({ platform });
    await configure(api, "Mutating", [{ path: "odd" }]);
    const failed = await create(api);
    expect(failed.status).toBe(500);
    expect(failed.body.message).toMatch(text);
    await api.patch("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/mutating", "json", [
      { op: "replace", path: "/webhooks/0/failurePolicy", value: "Ignore" },
    ]);
    expect((await create(api)).status).toBe(201);
  });

  it("lets match conditions ask what the user may do", async () => {
    const { platform, calls } = calling({ hook: () => ({}) });
    await using api = await startTestApi({ platform });
    const expression = "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()";
    await configure(api, "Validating", [{ path: "hook", matchConditions: [{ name: "can", expression }] }]);
    await api.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      metadata: { name: "maps" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["*"] }],
    });
    await api.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "maps" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "maps" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bob" }],
    });
    const asBob = await api.call(
      "POST",
      "/api/v1/namespaces/default/configmaps",
      { metadata: { name: "bobs" } },
      { as: "bob" },
    );
    expect(asBob.status).toBe(201);
    expect(calls).toEqual([]);
    await create(api);
    expect(calls).toEqual(["hook"]);
  });

  it("refuses a request whose condition fails, in its own words", async () => {
    const { platform } = calling({ hook: () => ({}) });
    await using api = await startTestApi({ platform });
    await configure(api, "Validating", [
      { path: "hook", matchConditions: [{ name: "c", expression: "object.data.absent == 'x'" }] },
    ]);
    const refused = await create(api, { a: "b" });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      `configmaps "c" is forbidden: expression 'object.data.absent == 'x'' resulted in error: no such key: absent`,
    ]);
  });
});
