import type { KubeObject } from "@lateen/objects";
import { valueAt } from "@lateen/objects";
import { afterEach, describe, expect, it } from "vitest";
import { createApplicationAdmitter } from "../admission.ts";
import { type DeliveryFixture, startDelivery, webApplication } from "../testing/delivery-fixture.ts";

const open: DeliveryFixture[] = [];
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});
const begin = async (): Promise<DeliveryFixture> => {
  const fixture = await startDelivery();
  open.push(fixture);
  return fixture;
};

const rights = (subject: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: writer, namespace: default}
rules: [{apiGroups: ["apps"], resources: [deployments], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: writer, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: writer}
subjects: [${subject}]
`;
const alice = { annotations: 'app.oam.dev/username: alice, app.oam.dev/group: "dev"' };

describe("an application's identity", () => {
  it("makes nothing that its author may not make, and says what was refused", async () => {
    const { apply, settle, find, application } = await begin();
    await apply(webApplication("shop", { front: "shop:1" }, alice));
    await settle();
    expect(await find("apps/v1", "Deployment", "front")).toBeUndefined();
    const message = valueAt((await application("shop")).status, "workflow", "steps", 0, "message");
    expect(message).toMatch(/alice.*cannot/);
  });

  it("makes what its author may make, with no word of the author in the objects", async () => {
    const { apply, run, find, phase } = await begin();
    await apply(rights("{kind: Group, apiGroup: rbac.authorization.k8s.io, name: dev}"));
    await apply(webApplication("shop", { front: "shop:1" }, alice));
    await run();
    expect(await phase("shop")).toBe("running");
    const { metadata } = (await find("apps/v1", "Deployment", "front"))!;
    expect(metadata.annotations).not.toHaveProperty(["app.oam.dev/username"]);
    expect(metadata.annotations).not.toHaveProperty(["app.oam.dev/group"]);
  });

  it("is that of the service account that it names", async () => {
    const { apply, run, phase } = await begin();
    await apply(rights("{kind: ServiceAccount, namespace: default, name: robot}"));
    await apply(
      webApplication("shop", { front: "shop:1" }, { annotations: "app.oam.dev/service-account-name: robot" }),
    );
    await run();
    expect(await phase("shop")).toBe("running");
  });
});

describe("the admission of an application", () => {
  const application = (annotations: Record<string, string>): KubeObject =>
    ({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "Application",
      metadata: { name: "shop", namespace: "default", annotations },
      spec: { components: [{ name: "front", type: "webservice", properties: { image: "shop:1" } }] },
    }) as unknown as KubeObject;
  const bob = { username: "bob", groups: ["dev", "ops"] };
  const admit = createApplicationAdmitter({});
  const submit = (object: KubeObject, oldObject?: KubeObject, userInfo = bob) =>
    admit({
      operation: oldObject === undefined ? "CREATE" : "UPDATE",
      kind: "Application",
      object,
      oldObject,
      userInfo,
    });

  it("writes down who submitted it, whatever it says itself", async () => {
    const answer = await submit(
      application({ "app.oam.dev/username": "admin", "app.oam.dev/group": "system:masters" }),
    );
    expect(answer).toMatchObject({
      kind: "allowed",
      object: { metadata: { annotations: { "app.oam.dev/username": "bob", "app.oam.dev/group": "dev,ops" } } },
    });
  });

  it("leaves the author alone in a write that changes nothing of it", async () => {
    const object = application({ "app.oam.dev/username": "alice" });
    expect(await submit({ ...object, status: { status: "running" } } as KubeObject, object)).not.toHaveProperty(
      "object",
    );
    const taken = await submit(application({ "app.oam.dev/username": "carol" }), object);
    expect(taken).toMatchObject({ object: { metadata: { annotations: { "app.oam.dev/username": "bob" } } } });
  });

  it("refuses a service account to who may not act as it", async () => {
    const object = application({ "app.oam.dev/service-account-name": "root" });
    expect(await submit(object)).toMatchObject({
      kind: "denied",
      status: { message: expect.stringMatching(/bob.*may not act as/) as unknown },
    });
    expect(await submit(object, undefined, { username: "root", groups: ["system:masters"] })).toMatchObject({
      kind: "allowed",
    });
  });
});
