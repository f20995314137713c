import { describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

describe("metrics", () => {
  it("are shown as Prometheus reads them", () => {
    const metrics = createMetrics({
      phases: { help: "Applications by phase.", type: "gauge" },
      seconds: { help: "Time.", type: "histogram", buckets: [0.1, 1] },
      idle: { help: "Never told.", type: "counter" },
    });
    metrics.add("phases", { phase: "running" }, 2);
    metrics.add("phases", { phase: 'a"b' });
    metrics.forget("phases", { phase: 'a"b' });
    metrics.observe("seconds", {}, 0.5);
    metrics.observe("seconds", {}, 3);

    expect(metrics.text()).toBe(`# HELP phases Applications by phase.
# TYPE phases gauge
phases{phase="running"} 2
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{le="0.1"} 0
seconds_bucket{le="1"} 1
seconds_bucket{le="+Inf"} 2
seconds_sum 3.5
seconds_count 2
`);
    expect(metrics.value("seconds", {})).toBe(2);
  });

  it("are declared before they are told", () => {
    expect(() => createMetrics({}).add("nothing", {})).toThrow("not declared");
  });
});
