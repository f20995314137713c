import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { nodePlatform } from "../../platform/node.ts";
import type { OutgoingCall } from "../../platform/platform.ts";
import { startTestApi, type TestApi } from "../../testing/start-test-api.ts";

const group = "/apis/admissionregistration.k8s.io/v1";
const pods = "/api/v1/namespaces/default/pods";
const deployments = "/apis/apps/v1/namespaces/default/deployments";

const containers = [{ name: "c", image: "i" }];

async function start(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi(options);
  await api.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  await api.call("POST", pods, { metadata: { name: "p" }, spec: { containers } });
  const labels = { a: "b" };
  await api.call("POST", deployments, {
    metadata: { name: "d" },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
  return api;
}

/** Says of a request what a policy sees of it. */
const seen = [
  "request.operation",
  "request.kind.group + '/' + request.kind.version + '/' + request.kind.kind",
  "request.requestKind.kind",
  "request.resource.group + '/' + request.resource.resource",
  "(has(request.subResource) ? request.subResource : '-')",
  "request.name",
  "(request.options == null ? 'none' : request.options.kind)",
  "(object == null ? 'null' : object.kind + ' ' + object.apiVersion)",
  "(has(object.metadata) ? 'ns ' + object.metadata.namespace : 'nometa')",
  "(has(object.spec) && has(object.spec.replicas) ? 'r=' + string(object.spec.replicas) : '-')",
  "(has(object.command) ? object.command[0] : has(object.path) ? object.path : has(object.ports) ? string(object.ports[0]) : has(object.target) ? object.target.name : '-')",
  "(has(object.stdin) ? 'in' : '') + (has(object.stdout) ? 'out' : '') + (has(object.tty) ? 'tty' : '')",
  "(oldObject == null ? 'null' : oldObject.kind + (has(oldObject.spec) ? ' r=' + string(oldObject.spec.replicas) : ''))",
].join(" + ' ' + ");

async function denyAll(api: TestApi, resources: readonly string[]): Promise<void> {
  const rule = { operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources };
  await api.call("POST", `${group}/validatingadmissionpolicies`, {
    metadata: { name: "see" },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "false", messageExpression: seen }],
    },
  });
  await api.call("POST", `${group}/validatingadmissionpolicybindings`, {
    metadata: { name: "see" },
    spec: { policyName: "see", validationActions: ["Deny"] },
  });
}

const denied = "ValidatingAdmissionPolicy 'see' with binding 'see' denied request: ";
const scale = (replicas: number) => ({
  kind: "Scale",
  apiVersion: "autoscaling/v1",
  metadata: { name: "d", namespace: "default" },
  spec: { replicas },
});

describe("subresources with a kind of their own", () => {
  // What a policy of kube-apiserver 1.36.3 says of the same requests.
  it.each([
    [
      "PUT",
      `${deployments}/d/scale`,
      scale(5),
      "UPDATE autoscaling/v1/Scale Scale apps/deployments scale d UpdateOptions Scale autoscaling/v1 ns default r=5 -  Scale r=2",
    ],
    [
      "PUT",
      `${deployments}/d/scale`,
      scale(2),
      "UPDATE autoscaling/v1/Scale Scale apps/deployments scale d UpdateOptions Scale autoscaling/v1 ns default r=2 -  Scale r=2",
    ],
    [
      "POST",
      `${pods}/p/eviction`,
      { kind: "Eviction", apiVersion: "policy/v1", metadata: { name: "p" } },
      "CREATE policy/v1/Eviction Eviction /pods eviction p CreateOptions Eviction policy/v1 ns default - -  null",
    ],
    [
      "POST",
      `${pods}/p/binding`,
      { kind: "Binding", apiVersion: "v1", metadata: { name: "p" }, target: { kind: "Node", name: "n" } },
      "CREATE /v1/Binding Binding /pods binding p CreateOptions Binding v1 ns default - n  null",
    ],
    [
      "POST",
      "/api/v1/namespaces/default/bindings",
      { kind: "Binding", apiVersion: "v1", metadata: { name: "p" }, target: { kind: "Node", name: "n" } },
      "CREATE /v1/Binding Binding /bindings - p CreateOptions Binding v1 ns default - n  null",
    ],
    [
      "POST",
      "/api/v1/namespaces/default/serviceaccounts/default/token",
      { spec: {} },
      "CREATE authentication.k8s.io/v1/TokenRequest TokenRequest /serviceaccounts token default CreateOptions TokenRequest authentication.k8s.io/v1 ns default - -  null",
    ],
    [
      "POST",
      `${pods}/p/exec?command=ls&stdin=true&stdout=false&tty=1`,
      undefined,
      "CONNECT /v1/PodExecOptions PodExecOptions /pods exec p none PodExecOptions v1 nometa - ls intty null",
    ],
    [
      "GET",
      `${pods}/p/attach?stdout=true`,
      undefined,
      "CONNECT /v1/PodAttachOptions PodAttachOptions /pods attach p none PodAttachOptions v1 nometa - - out null",
    ],
    [
      "POST",
      `${pods}/p/portforward?ports=80`,
      undefined,
      "CONNECT /v1/PodPortForwardOptions PodPortForwardOptions /pods portforward p none PodPortForwardOptions v1 nometa - 80  null",
    ],
    [
      "GET",
      `${pods}/p/proxy/x?y=z`,
      undefined,
      "CONNECT /v1/PodProxyOptions PodProxyOptions /pods proxy p none PodProxyOptions v1 nometa - /x  null",
    ],
  ])("%s %s is seen by policies as it is by kube-apiserver's", async (method, path, body, expected) => {
    await using api = await start();
    await denyAll(api, ["*/*"]);
    const refused = await api.call(method, path, body);
    expect([refused.status, String(refused.body.message).split(denied)[1]]).toEqual([422, expected]);
  });

  it("ask policies about patches of a Scale, and about writes that change nothing", async () => {
    await using api = await start();
    await api.call("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "c" }, data: { a: "b" } });
    await denyAll(api, ["*/*"]);
    const patched = await api.patch(`${deployments}/d/scale`, "merge", { spec: { replicas: 7 } });
    expect(patched.body.message).toContain("UpdateOptions Scale autoscaling/v1 ns default r=7 -  Scale r=2");
    const same = await api.patch("/api/v1/namespaces/default/configmaps/c", "merge", { data: { a: "b" } });
    expect([same.status, String(same.body.message)]).toEqual([422, expect.stringContaining("ConfigMap /configmaps")]);
    const applied = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "new" } };
    const created = await api.patch("/api/v1/namespaces/default/configmaps/new?fieldManager=m", "apply", applied);
    expect(created.body.message).toContain("CREATE /v1/ConfigMap ConfigMap /configmaps - new CreateOptions");
  });

  it("ask nobody about the pod that is bound or evicted", async () => {
    await using api = await start();
    await denyAll(api, ["pods", "pods/status"]);
    const binding = { kind: "Binding", apiVersion: "v1", metadata: { name: "p" }, target: { kind: "Node", name: "n" } };
    expect((await api.call("POST", `${pods}/p/binding`, binding)).status).toBe(201);
    const eviction = { kind: "Eviction", apiVersion: "policy/v1", metadata: { name: "p" } };
    expect((await api.call("POST", `${pods}/p/eviction`, eviction)).status).toBe(201);
    expect((await api.call("DELETE", `${pods}/p`)).status).toBe(422);
  });

  it("take a Scale as a webhook changes it, with any version of the resource in the rule", async () => {
    const reviews: JsonObject[] = [];
    const post = async ({ body }: OutgoingCall) => {
      const { request } = JSON.parse(new TextDecoder().decode(body)) as { request: JsonObject };
      reviews.push(request);
      const response = {
        uid: request.uid,
        allowed: true,
        patchType: "JSONPatch",
        patch: btoa(JSON.stringify([{ op: "replace", path: "/spec/replicas", value: 3 }])),
      };
      const answer = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", response };
      return { status: 200, body: new TextEncoder().encode(JSON.stringify(answer)) };
    };
    await using api = await start({ platform: { ...nodePlatform, post } });
    await api.call("POST", `${group}/mutatingwebhookconfigurations`, {
      metadata: { name: "limit" },
      webhooks: [
        {
          name: "limit.example.com",
          clientConfig: { url: "https://hooks.test/x" },
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          matchPolicy: "Equivalent",
          objectSelector: { matchExpressions: [{ key: "a", operator: "DoesNotExist" }] },
          rules: [
            { operations: ["UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments/scale"] },
          ],
        },
      ],
    });
    const answered = await api.patch(`${deployments}/d/scale`, "merge", { spec: { replicas: 9 } });
    expect([answered.status, answered.body.spec]).toEqual([200, { replicas: 3 }]);
    expect(reviews).toMatchObject([
      {
        kind: { group: "autoscaling", version: "v1", kind: "Scale" },
        resource: { group: "apps", version: "v1", resource: "deployments" },
        subResource: "scale",
        object: { kind: "Scale", spec: { replicas: 9 } },
        oldObject: { kind: "Scale", spec: { replicas: 2 } },
        options: { kind: "UpdateOptions" },
      },
    ]);
    expect(((await api.call("GET", `${deployments}/d`)).body.spec as JsonObject).replicas).toBe(3);
  });
});
