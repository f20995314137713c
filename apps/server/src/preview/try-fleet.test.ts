import { describe, expect, it } from "vitest";
import { createManualClock } from "@lateen/base";
import { readManifests } from "@lateen/objects";
import { tryFleet } from "./index.ts";

const signal = new AbortController().signal;

/** As `kubectl get … -o yaml` writes them: Lists, with what a server has put on the objects. */
const exported = `apiVersion: v1
kind: List
items:
  - apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata:
      name: shop
      namespace: team
      uid: 3c1f0e1e-0000-4000-8000-000000000001
      resourceVersion: "812"
      generation: 3
      creationTimestamp: "2024-05-01T10:00:00Z"
      finalizers: [app.oam.dev/resource-tracker-finalizer]
      managedFields: [{manager: vela, operation: Update, apiVersion: core.oam.dev/v1beta1, fieldsType: FieldsV1, fieldsV1: {}}]
    spec:
      components:
        - {name: front, type: webservice, properties: {image: "shop:1"}, traits: [{type: scaler, properties: {replicas: 2}}]}
    status: {status: running, workflow: {finished: true, appRevision: "shop-v3:abc", mode: StepByStep-DAG, status: succeeded, suspend: false, terminated: false}}
  - apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata: {name: wrong, namespace: team}
    spec: {components: [{name: back, type: webservice, properties: {image: "shop:1", imagee: "x"}}]}
  - apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata: {name: alone, namespace: team}
    spec: {components: [{name: alone, type: webservice, properties: {image: "shop:1"}}]}
---
apiVersion: apps/v1
kind: DeploymentList
metadata: {resourceVersion: "900"}
items:
  - metadata:
      name: front
      namespace: team
      uid: 3c1f0e1e-0000-4000-8000-000000000002
      labels: {app.oam.dev/name: shop, app.oam.dev/namespace: team, app.oam.dev/component: front}
    spec:
      replicas: 5
      selector: {matchLabels: {app.oam.dev/component: front}}
      template:
        metadata: {labels: {app.oam.dev/component: front, app.oam.dev/name: shop}}
        spec: {containers: [{name: front, image: "shop:1"}]}
    status: {replicas: 5, readyReplicas: 5}
  - metadata: {name: stray, namespace: team}
    spec:
      selector: {matchLabels: {app: stray}}
      template: {metadata: {labels: {app: stray}}, spec: {containers: [{name: a, image: "a:1"}]}}
  - metadata: {name: lost, namespace: team, labels: {app.oam.dev/name: gone, app.oam.dev/namespace: team}}
    spec:
      selector: {matchLabels: {app: lost}}
      template: {metadata: {labels: {app: lost}}, spec: {containers: [{name: a, image: "a:1"}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: front-abc, namespace: team, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: x, uid: y, controller: true}]}
spec: {containers: [{name: front, image: "shop:1"}]}
---
apiVersion: example.org/v1
kind: Unknown
metadata: {name: odd, namespace: team}
`;

describe("trying a fleet", { timeout: 120_000 }, () => {
  it("tells of an export what renders, what would change, what is refused, and what nobody owns", async () => {
    const { objects } = readManifests(exported, { source: "export.yaml" });
    const fleet = await tryFleet(objects, { clock: createManualClock(), signal });

    const [shop, wrong, alone] = fleet.applications;
    expect(shop).toMatchObject({ name: "shop", verdict: "differs", end: "healthy" });
    const deployment = shop!.changes.find(({ after }) => after?.kind === "Deployment");
    expect(deployment).toMatchObject({
      action: "changed",
      before: { spec: { replicas: 5 } },
      after: { spec: { replicas: 2 } },
    });
    expect(wrong).toMatchObject({ verdict: "refused", acceptedLeniently: true });
    expect(wrong!.refusals[0]).toMatchObject({ field: expect.stringContaining("imagee") });
    expect(alone).toMatchObject({ verdict: "unknown", end: "healthy" });
    expect(fleet.unowned.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      "stray: no Application has made it",
      "lost: it is marked as one of team/gone, which was not exported",
    ]);
    expect(fleet.notLoaded).toMatchObject([{ object: expect.stringContaining("odd") }]);
  });
});
