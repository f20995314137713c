/** Figures of controllers in Prometheus' text form (exposition format 0.0.4). */

export interface MetricFacts {
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

export type MetricLabels = Readonly<Record<string, string>>;

export interface Metrics {
  /** Adds to a counter or gauge. */
  add(name: string, labels: MetricLabels, value?: number): void;
  set(name: string, labels: MetricLabels, value: number): void;
  /** Takes a value into a histogram. */
  observe(name: string, labels: MetricLabels, value: number): void;
  /** Forgets one series: its object is gone. */
  forget(name: string, labels: MetricLabels): void;
  /** A counter's or gauge's value, a histogram's count; 0 where nothing was told. */
  value(name: string, labels: MetricLabels): number;
  text(): string;
}

interface Series {
  value: number;
  sum: number;
  readonly counts: number[];
}

/** Prometheus' own buckets, in seconds. */
export const defaultBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function labelText(labels: MetricLabels, more: MetricLabels = {}): string {
  const pairs = Object.entries({ ...labels, ...more }).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** @throws Error for a name that is not declared. */
export function createMetrics(declared: Readonly<Record<string, MetricFacts>>): Metrics {
  const families = new Map<string, Map<string, { readonly labels: MetricLabels; readonly series: Series }>>();
  const bucketsOf = (name: string): readonly number[] => declared[name]?.buckets ?? defaultBuckets;

  const seriesOf = (name: string, labels: MetricLabels): Series => {
    const facts = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (facts === undefined) throw new Error(`metric ${name} is not declared`);
    let family = families.get(name);
    if (family === undefined) families.set(name, (family = new Map()));
    const key = labelText(labels);
    let found = family.get(key);
    if (found === undefined) {
      const counts = facts.type === "histogram" ? bucketsOf(name).map(() => 0) : [];
      family.set(key, (found = { labels, series: { value: 0, sum: 0, counts } }));
    }
    return found.series;
  };

  return {
    add(name, labels, value = 1) {
      seriesOf(name, labels).value += value;
    },
    set(name, labels, value) {
      seriesOf(name, labels).value = value;
    },
    observe(name, labels, value) {
      const series = seriesOf(name, labels);
      series.value++;
      series.sum += value;
      for (const [index, bound] of bucketsOf(name).entries()) if (value <= bound) series.counts[index]!++;
    },
    forget(name, labels) {
      families.get(name)?.delete(labelText(labels));
    },
    value: (name, labels) => families.get(name)?.get(labelText(labels))?.series.value ?? 0,
    text() {
      const lines: string[] = [];
      for (const [name, family] of families) {
        if (family.size === 0) continue;
        const { help, type } = declared[name]!;
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
        for (const { labels, series } of family.values()) {
          if (type !== "histogram") {
            lines.push(`${name}${labelText(labels)} ${series.value}`);
            continue;
          }
          for (const [index, bound] of bucketsOf(name).entries())
            lines.push(`${name}_bucket${labelText(labels, { le: String(bound) })} ${series.counts[index]}`);
          lines.push(
            `${name}_bucket${labelText(labels, { le: "+Inf" })} ${series.value}`,
            `${name}_sum${labelText(labels)} ${series.sum}`,
            `${name}_count${labelText(labels)} ${series.value}`,
          );
        }
      }
      return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
    },
  };
}
