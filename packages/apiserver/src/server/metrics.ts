import type { Clock } from "@lateen/base";
import type { Platform } from "../platform/platform.ts";
import type { ResourcePath } from "../request/request-info.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { Store } from "../store/store.ts";
import { type FlowCounts, type FlowFigures, waitEnds } from "../fairness/flow-figures.ts";
import type { LevelFigures } from "../fairness/seats.ts";
import { kubernetesVersion } from "./version.ts";

/** Upper ends of the classes of durations, in seconds, and of sizes, in bytes. */
const durationEnds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const sizeEnds = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** More than the server's own resources: names of others' are not kept without end. */
const maxSeries = 5_000;

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

interface Counter {
  value: number;
}

/** Where requests of one kind are counted; absent where there are too many kinds. */
interface Series {
  readonly requests: Counter | undefined;
  readonly durations: Histogram | undefined;
  readonly sizes: Histogram | undefined;
}

/** What a request was, as far as metrics tell it apart. */
export interface CountedRequest {
  readonly verb: string;
  readonly resource: ResourcePath | undefined;
  readonly code: number;
  readonly dryRun: boolean;
  readonly seconds: number;
  /** Undefined for streams. */
  readonly bytes: number | undefined;
}

/** What is counted when somebody asks. */
export interface MetricSources {
  readonly store: Store;
  readonly table: ResourceTable;
  readonly platform: Platform;
  readonly openStreams: number;
  readonly flows: FlowFigures;
}

/** The verb of a request as metrics call it. */
export function metricVerb(method: string, resource: ResourcePath | undefined, contentType: string): string {
  if (resource === undefined) return method;
  const collection = resource.name === undefined;
  switch (method) {
    case "GET":
    case "HEAD":
      return collection ? "LIST" : "GET";
    case "DELETE":
      return collection ? "DELETECOLLECTION" : "DELETE";
    case "PATCH":
      return contentType.startsWith("application/apply-patch") ? "APPLY" : "PATCH";
    default:
      return methods.has(method) ? method : "OTHER";
  }
}

const methods = new Set(["POST", "PUT", "OPTIONS"]);

/** The server's figures under kube-apiserver's names, in the text format of Prometheus (0.0.4). */
export class Metrics {
  readonly #clock: Clock;
  /** By what tells requests apart, so that labels are written once. */
  readonly #series = new Map<string, Series>();
  readonly #requests = new Map<string, Counter>();
  readonly #durations = new Map<string, Histogram>();
  readonly #sizes = new Map<string, Histogram>();
  #inFlight = { mutating: 0, readOnly: 0 };
  #auditEvents = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A request is being answered. @returns what to call when that has been done. */
  begin(method: string): (counted: Omit<CountedRequest, "seconds">) => void {
    const kind = method === "GET" || method === "HEAD" ? "readOnly" : "mutating";
    const begun = this.#clock.now();
    this.#inFlight[kind]++;
    return (counted) => {
      this.#inFlight[kind]--;
      this.#count(counted, (this.#clock.now() - begun) / 1000);
    };
  }

  audited(): void {
    this.#auditEvents++;
  }

  #count(counted: Omit<CountedRequest, "seconds">, seconds: number): void {
    const series = this.#seriesOf(counted);
    if (series.requests !== undefined) series.requests.value++;
    if (counted.bytes === undefined) return;
    observe(series.durations, seconds, durationEnds);
    observe(series.sizes, counted.bytes, sizeEnds);
  }

  #seriesOf({ verb, resource, code, dryRun }: Omit<CountedRequest, "seconds">): Series {
    // A resource that is not served would let anybody make series.
    const place = placeOf(code === 404 ? undefined : resource);
    const { group, version, resource: plural, subresource, scope } = place;
    const key = `${verb} ${code} ${dryRun} ${group}/${version}/${plural}/${subresource} ${scope}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const common = { component: "apiserver", ...place, verb };
    const dry = { dry_run: dryRun ? "All" : "" };
    const isRead = verb === "GET" || verb === "LIST";
    const made: Series = {
      requests: member(this.#requests, labels({ ...common, ...dry, code: String(code) }), () => ({ value: 0 })),
      durations: member(this.#durations, labels({ ...common, ...dry }), () => histogramOf(durationEnds)),
      sizes: isRead ? member(this.#sizes, labels(common), () => histogramOf(sizeEnds)) : undefined,
    };
    if (this.#series.size < maxSeries) this.#series.set(key, made);
    return made;
  }

  /** The figures as text. */
  text({ store, table, platform, openStreams, flows }: MetricSources): string {
    const lines: string[] = [];
    const family = (name: string, type: string, help: string): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    };
    const one = (name: string, type: string, help: string, values: Iterable<readonly [string, number]>): void => {
      family(name, type, help);
      for (const [key, value] of values) lines.push(`${name}${key} ${value}`);
    };
    const histogram = (
      name: string,
      help: string,
      series: ReadonlyMap<string, Histogram>,
      ends: readonly number[],
    ): void => {
      family(name, "histogram", help);
      for (const [key, { counts, sum, count }] of series) {
        let below = 0;
        for (const [i, end] of ends.entries()) {
          below += counts[i]!;
          lines.push(`${name}_bucket${withLabel(key, "le", String(end))} ${below}`);
        }
        lines.push(
          `${name}_bucket${withLabel(key, "le", "+Inf")} ${count}`,
          `${name}_sum${key} ${sum}`,
          `${name}_count${key} ${count}`,
        );
      }
    };
    one(
      "apiserver_request_total",
      "counter",
      "Requests by verb, resource and code.",
      [...this.#requests].map(([key, { value }]) => [key, value] as const),
    );
    histogram(
      "apiserver_request_duration_seconds",
      "Time until the answer, without streams.",
      this.#durations,
      durationEnds,
    );
    histogram("apiserver_response_sizes", "Bytes of answers to reads.", this.#sizes, sizeEnds);
    one(
      "apiserver_current_inflight_requests",
      "gauge",
      "Requests that are being answered.",
      Object.entries(this.#inFlight).map(([kind, value]) => [labels({ request_kind: kind }), value] as const),
    );
    one("apiserver_longrunning_requests", "gauge", "Open watches.", [[labels({ verb: "WATCH" }), openStreams]]);
    for (const { name, type, help, values } of flowGauges(flows)) one(name, type, help, values);
    histogram(
      "apiserver_flowcontrol_request_wait_duration_seconds",
      "Time that requests waited for a seat.",
      new Map([...flows.all].map((counts) => [flowLabels(counts), counts.waits])),
      waitEnds,
    );
    one("apiserver_audit_event_total", "counter", "Audit events that were handed on.", [["", this.#auditEvents]]);
    one("apiserver_storage_objects", "gauge", "Objects in the store by resource.", storedObjects(store, table));
    one("etcd_db_current_revision", "gauge", "The store's latest revision.", [["", store.revision]]);
    const { gitVersion, major, minor, platform: build = "" } = kubernetesVersion;
    one("kubernetes_build_info", "gauge", "Always 1; the labels say what runs.", [
      [labels({ git_version: gitVersion, major, minor, platform: build }), 1],
    ]);
    const figures = platform.processFigures?.();
    if (figures !== undefined) {
      one("process_cpu_seconds_total", "counter", "Time of the processors that was used.", [["", figures.cpuSeconds]]);
      one("process_resident_memory_bytes", "gauge", "Memory that is resident.", [["", figures.residentBytes]]);
      one("process_start_time_seconds", "gauge", "When the process began, since the epoch.", [
        ["", figures.startSeconds],
      ]);
    }
    return `${lines.join("\n")}\n`;
  }
}

function storedObjects(store: Store, table: ResourceTable): readonly (readonly [string, number])[] {
  const counted = new Map<string, number>();
  for (const { kind, prefix, strategy } of table.all) {
    if (kind.storageVersion !== undefined || strategy.storageGroup !== undefined || !kind.verbs.includes("create"))
      continue;
    const resource = kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
    counted.set(labels({ resource }), store.count(prefix));
  }
  return [...counted];
}

interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly values: readonly (readonly [string, number])[];
}

function flowLabels({ schema, level }: FlowCounts, more: Readonly<Record<string, string>> = {}): string {
  return labels({ flow_schema: schema, priority_level: level, ...more });
}

/** Priority and fairness in kube-apiserver's names. */
function flowGauges(flows: FlowFigures): readonly MetricFamily[] {
  const counts = [...flows.all];
  const of = (name: string, type: string, help: string, values: MetricFamily["values"]): MetricFamily => ({
    name: `apiserver_flowcontrol_${name}`,
    type,
    help,
    values,
  });
  const each = (value: (one: FlowCounts) => number) => counts.map((one) => [flowLabels(one), value(one)] as const);
  const levels = (value: (one: LevelFigures) => number) =>
    flows.levels.map((one) => [labels({ priority_level: one.name }), value(one)] as const);
  return [
    of(
      "dispatched_requests_total",
      "counter",
      "Requests that were given a seat.",
      each(({ dispatched }) => dispatched),
    ),
    of(
      "current_executing_requests",
      "gauge",
      "Requests that have a seat.",
      each(({ executing }) => executing),
    ),
    of(
      "current_inqueue_requests",
      "gauge",
      "Requests that wait for one.",
      each(({ waiting }) => waiting),
    ),
    of(
      "rejected_requests_total",
      "counter",
      "Requests that were refused.",
      counts.flatMap((one) =>
        [...one.rejected].map(([reason, count]) => [flowLabels(one, { reason }), count] as const),
      ),
    ),
    of(
      "nominal_limit_seats",
      "gauge",
      "Seats of each level by its shares.",
      levels(({ nominal }) => nominal),
    ),
    of(
      "lower_limit_seats",
      "gauge",
      "Seats that a level never lends.",
      levels(({ lower }) => lower),
    ),
    of(
      "upper_limit_seats",
      "gauge",
      "Seats that a level may have with borrowed ones.",
      levels(({ upper }) => upper),
    ),
  ];
}

interface Place extends Readonly<Record<string, string>> {
  readonly group: string;
  readonly resource: string;
  readonly scope: string;
  readonly subresource: string;
  readonly version: string;
}

function placeOf(resource: ResourcePath | undefined): Place {
  if (resource === undefined) return { group: "", resource: "", scope: "", subresource: "", version: "" };
  const scope = resource.name !== undefined ? "resource" : resource.namespace === undefined ? "cluster" : "namespace";
  return {
    group: resource.group,
    resource: resource.resource,
    scope,
    subresource: resource.subresource ?? "",
    version: resource.version,
  };
}

/** `{a="b",c="d"}`, by name; "" without any. */
function labels(values: Readonly<Record<string, string>>): string {
  const parts = Object.keys(values)
    .toSorted()
    .map((name) => `${name}="${escaped(values[name]!)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function withLabel(key: string, name: string, value: string): string {
  return key === "" ? `{${name}="${value}"}` : `${key.slice(0, -1)},${name}="${value}"}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function member<T>(series: Map<string, T>, key: string, make: () => T): T | undefined {
  const known = series.get(key);
  if (known !== undefined || series.size >= maxSeries) return known;
  const made = make();
  series.set(key, made);
  return made;
}

function histogramOf(ends: readonly number[]): Histogram {
  return { counts: ends.map(() => 0), sum: 0, count: 0 };
}

function observe(histogram: Histogram | undefined, value: number, ends: readonly number[]): void {
  if (histogram === undefined) return;
  histogram.sum += value;
  histogram.count++;
  for (let i = 0; i < ends.length; i++) {
    if (value > ends[i]!) continue;
    histogram.counts[i]!++;
    return;
  }
}
