/** Tells whether a node is alive, from its lease, and marks it for the scheduler (pkg/controller/nodelifecycle, tainteviction). */
import { type JsonValue, isNotFound, jsonEquals } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type Lease,
  type ReconcileContext,
  type Request,
  type Result,
  conditionOf,
  timestampOf,
  withCondition,
} from "@lateen/controller";
import { type Node, type Taint, leaseKind, nodeKind } from "../api/cluster.ts";
import { type Pod, type Toleration, podKind } from "../api/pod.ts";
import { isPodFinished, isPodTerminating } from "../pods/pod-state.ts";

const leaseNamespace = "kube-node-lease";
/** A node that has not been heard of for so long is in doubt. */
const graceMs = 40_000;
const recheckMs = 5_000;

const notReadyTaint = "node.kubernetes.io/not-ready";
const unreachableTaint = "node.kubernetes.io/unreachable";
const watchedTaints: readonly string[] = [notReadyTaint, unreachableTaint];

export function createNodeLifecycleController(environment: Environment): Controller {
  const lifecycle = new NodeLifecycle(environment);
  return {
    name: "node-lifecycle",
    sources: [
      { ...nodeKind },
      {
        ...leaseKind,
        when: (lease) => lease.metadata.namespace === leaseNamespace,
        map: (lease) => (lifecycle.heard(lease as Lease) ? [{ namespace: "", name: lease.metadata.name ?? "" }] : []),
      },
    ],
    reconcile: (request, context) => lifecycle.reconcile(request, context),
  };
}

class NodeLifecycle {
  readonly #environment: Environment;
  /** When each node was last heard of, by our own clock. */
  readonly #heardMs = new Map<string, number>();
  readonly #doubted = new Set<string>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Takes a heartbeat in; true when the node was in doubt, so that it must be looked at. */
  heard(lease: Lease): boolean {
    const { name = "" } = lease.metadata;
    this.#heardMs.set(name, this.#environment.clock.now());
    return this.#doubted.has(name);
  }

  async reconcile({ name }: Request, { signal }: ReconcileContext): Promise<Result> {
    const { cache, clock } = this.#environment;
    const node = cache.get<Node>({ ...nodeKind, name });
    if (node === undefined) {
      this.#heardMs.delete(name);
      this.#doubted.delete(name);
      return {};
    }
    const now = clock.now();
    const heardMs = this.#heardMs.get(name) ?? now;
    this.#heardMs.set(name, heardMs);
    const silent = now - heardMs > graceMs;
    if (silent) this.#doubted.add(name);
    else this.#doubted.delete(name);
    if (silent) await this.#doubt(node, signal);
    const ready = silent ? "Unknown" : (conditionOf(node, "Ready")?.status ?? "Unknown");
    await this.#taint(node, ready, signal);
    const evictMs = ready === "True" ? undefined : await this.#evict(node, signal);
    return {
      requeueAfterMs: Math.min(
        evictMs ?? Number.POSITIVE_INFINITY,
        silent ? recheckMs : Math.max(recheckMs, graceMs - (now - heardMs) + 1_000),
      ),
    };
  }

  async #doubt(node: Node, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#environment;
    const unknown = {
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    } as const;
    let conditions: readonly Condition[] = node.status?.conditions ?? [];
    for (const type of ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"])
      conditions = withCondition(conditions, { type, ...unknown }, clock.now());
    if (jsonEquals(conditions as unknown as JsonValue, (node.status?.conditions ?? []) as unknown as JsonValue)) return;
    await client.patch(
      { ...nodeKind, name: node.metadata.name ?? "" },
      { kind: "merge", value: { status: { conditions: conditions as never } } },
      { subresource: "status", signal },
    );
  }

  async #taint(node: Node, ready: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#environment;
    const known = node.spec?.taints ?? [];
    const key = ready === "True" ? undefined : ready === "False" ? notReadyTaint : unreachableTaint;
    const rest = known.filter((taint) => !watchedTaints.includes(taint.key));
    const wanted: readonly Taint[] =
      key === undefined
        ? rest
        : [
            ...rest,
            ...["NoSchedule", "NoExecute"].map(
              (effect) =>
                known.find((taint) => taint.key === key && taint.effect === effect) ??
                taintOf(key, effect, clock.now()),
            ),
          ];
    if (jsonEquals(wanted as unknown as JsonValue, known as unknown as JsonValue)) return;
    const { name = "", resourceVersion = null } = node.metadata;
    await client.patch(
      { ...nodeKind, name },
      { kind: "merge", value: { metadata: { resourceVersion }, spec: { taints: wanted as never } } },
      { signal },
    );
  }

  /** Deletes the pods whose patience with the node's NoExecute taints is over; answers when the next one's will be. */
  async #evict(node: Node, signal: AbortSignal): Promise<number | undefined> {
    const { cache, client, clock } = this.#environment;
    let nextMs: number | undefined;
    const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");
    for (const pod of cache.list<Pod>(podKind)) {
      if (pod.spec?.nodeName !== node.metadata.name || isPodFinished(pod) || isPodTerminating(pod)) continue;
      for (const taint of taints) {
        const patienceMs = patience(pod.spec?.tolerations ?? [], taint);
        const leftMs = Date.parse(taint.timeAdded ?? "") + patienceMs - clock.now();
        if (Number.isNaN(leftMs) || patienceMs === Number.POSITIVE_INFINITY) continue;
        if (leftMs > 0) {
          nextMs = Math.min(nextMs ?? leftMs, leftMs);
          continue;
        }
        const { namespace = "", name = "", uid = "" } = pod.metadata;
        await client
          .delete({ ...podKind, namespace, name }, { preconditions: { uid }, signal })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
        break;
      }
    }
    return nextMs;
  }
}

function taintOf(key: string, effect: string, nowMs: number): Taint {
  return { key, effect, ...(effect === "NoExecute" && { timeAdded: timestampOf(nowMs) }) };
}

/** How long the tolerations bear a taint: 0 without one. */
function patience(tolerations: readonly Toleration[], taint: Taint): number {
  const matching = tolerations.filter(
    ({ key = "", operator = "Equal", value = "", effect = "" }) =>
      (effect === "" || effect === taint.effect) &&
      (key === ""
        ? operator === "Exists"
        : key === taint.key && (operator === "Exists" || value === (taint.value ?? ""))),
  );
  if (matching.length === 0) return 0;
  const limits = matching.flatMap(({ tolerationSeconds }) =>
    tolerationSeconds === undefined ? [] : [tolerationSeconds],
  );
  return limits.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...limits) * 1000;
}
