import { describe, expect, it } from "vitest";
import { startTestApi } from "../testing/start-test-api.ts";

const textOf = async (api: Awaited<ReturnType<typeof startTestApi>>) =>
  String((await api.call("GET", "/metrics")).body.text);

describe("/metrics", () => {
  it("counts requests, durations and sizes under kube-apiserver's names, in Prometheus' text format", async () => {
    await using api = await startTestApi();
    const maps = "/api/v1/namespaces/default/configmaps";
    await api.call("POST", `${maps}?dryRun=All`, { metadata: { name: "a" } });
    await api.call("POST", maps, { metadata: { name: "a" } });
    await api.call("GET", maps);
    await api.call("GET", `${maps}/none`);
    await api.call("GET", "/apis/nobody.example.com/v1/things");
    await api.patch(`${maps}/a?fieldManager=m`, "apply", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
    });
    const watching = await api.call("GET", `${maps}?watch=true&timeoutSeconds=1`);
    const text = await textOf(api);
    const place = 'group="",resource="configmaps"';
    for (const line of [
      `apiserver_request_total{code="201",component="apiserver",dry_run="",${place},scope="namespace",subresource="",verb="POST",version="v1"} 1`,
      `apiserver_request_total{code="201",component="apiserver",dry_run="All",${place},scope="namespace",subresource="",verb="POST",version="v1"} 1`,
      `apiserver_request_total{code="200",component="apiserver",dry_run="",${place},scope="resource",subresource="",verb="APPLY",version="v1"} 1`,
      `apiserver_request_total{code="200",component="apiserver",dry_run="",${place},scope="namespace",subresource="",verb="WATCH",version="v1"} 1`,
      `apiserver_request_duration_seconds_bucket{component="apiserver",dry_run="",${place},scope="namespace",subresource="",verb="LIST",version="v1",le="+Inf"} 1`,
      'apiserver_longrunning_requests{verb="WATCH"} 1',
      'apiserver_storage_objects{resource="configmaps"} 1',
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    // Names that nobody serves make no series of their own.
    expect(text).not.toContain("things");
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{([a-z_]+="[^"]*",?)+\})? [\d.e+-]+)$/);
    await api.lines(watching.response);
  });

  it("is for who may read it", async () => {
    await using api = await startTestApi();
    expect((await api.call("GET", "/metrics", undefined, { as: "bob" })).status).toBe(403);
  });
});
