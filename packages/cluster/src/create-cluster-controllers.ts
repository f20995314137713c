import type { Controller, Environment } from "@lateen/controller";
import { createAutoscalerController } from "./autoscaler/reconcile-autoscaler.ts";
import { createCronJobController } from "./cronjob/reconcile-cron-job.ts";
import { createDaemonSetController } from "./daemonset/reconcile-daemon-set.ts";
import { createDeploymentController } from "./deployment/reconcile-deployment.ts";
import { createDisruptionController } from "./disruption/reconcile-budget.ts";
import { createEndpointsController } from "./endpoints/reconcile-endpoints.ts";
import { createGarbageCollector } from "./garbage-collector/collect-garbage.ts";
import { createJobController } from "./job/reconcile-job.ts";
import { createNamespaceController } from "./namespace/reconcile-namespace.ts";
import { createNodeLifecycleController } from "./node-lifecycle/reconcile-node.ts";
import { createPodCollector } from "./pod-gc/collect-pods.ts";
import { createQuotaController } from "./quota/reconcile-quota.ts";
import { createReplicaSetController } from "./replicaset/reconcile-replica-set.ts";
import { createSchedulerController } from "./scheduler/schedule-pods.ts";
import { createNamespaceDefaultsController } from "./service-account/reconcile-namespace-defaults.ts";
import { createStatefulSetController } from "./statefulset/reconcile-stateful-set.ts";
import { createVolumeController } from "./volumes/bind-claims.ts";

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
    createStatefulSetController(environment),
    createDaemonSetController(environment),
    createJobController(environment),
    createCronJobController(environment),
    createEndpointsController(environment),
    createSchedulerController(environment),
    createVolumeController(environment),
    createAutoscalerController(environment),
    createDisruptionController(environment),
    createQuotaController(environment),
    createNodeLifecycleController(environment),
    createPodCollector(environment),
    createNamespaceController(environment),
    createGarbageCollector(environment),
  ];
}
