import type { Controller, Environment } from "@lateen/controller";
import { createDeploymentController } from "./deployment/reconcile-deployment.ts";
import { createEndpointsController } from "./endpoints/reconcile-endpoints.ts";
import { createGarbageCollector } from "./garbage-collector/collect-garbage.ts";
import { createJobController } from "./job/reconcile-job.ts";
import { createNamespaceController } from "./namespace/reconcile-namespace.ts";
import { createNodeLifecycleController } from "./node-lifecycle/reconcile-node.ts";
import { createPodCollector } from "./pod-gc/collect-pods.ts";
import { createReplicaSetController } from "./replicaset/reconcile-replica-set.ts";
import { createSchedulerController } from "./scheduler/schedule-pods.ts";
import { createNamespaceDefaultsController } from "./service-account/reconcile-namespace-defaults.ts";

export interface ClusterOptions {
  /** PEM text of the API server's certificate authority, for `kube-root-ca.crt` in each namespace. */
  readonly rootCertificate?: string | undefined;
}

/** Everything that kube-controller-manager and kube-scheduler do for us; the nodes are apart. */
export function createClusterControllers(
  environment: Environment,
  options: ClusterOptions = {},
): readonly Controller[] {
  return [
    createNamespaceDefaultsController(environment, options.rootCertificate),
    createDeploymentController(environment),
    createReplicaSetController(environment),
    createJobController(environment),
    createEndpointsController(environment),
    createSchedulerController(environment),
    createNodeLifecycleController(environment),
    createPodCollector(environment),
    createNamespaceController(environment),
    createGarbageCollector(environment),
  ];
}
