// Checks of what goes over the wire, without kubectl: 41, 42, 48–51, 92–94, 96.
import { crd, foo } from "./kit.mjs";

const statusOf = ({ text }) => JSON.parse(text);

export const checks = {
  41: async (k) => {
    const group = `${k.namespace}.example.org`;
    await k.raw("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd(group));
    const path = `/apis/${group}/v1/namespaces/${k.namespace}/foos`;
    await k.until("the kind", async () => (await k.raw("POST", path, foo(group, "f"))).status === 201);
    const put = await k.raw("PUT", `${path}/f`, foo(group, "f"));
    k.assert.equal(put.status, 422);
    k.assert.match(put.text, /metadata\.resourceVersion: Invalid value: (0x)?0: must be specified for an update/);
  },
  42: async (k) => {
    const path = `/api/v1/namespaces/${k.namespace}/configmaps`;
    const made = await Promise.all(
      Array.from({ length: 100 }, () =>
        k.raw("POST", path, { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "g-" } }),
      ),
    );
    k.assert.equal(new Set(made.map((one) => statusOf(one).metadata.name)).size, 100);
  },
  48: async (k) => {
    const answer = await k.raw(
      "GET",
      `/api/v1/namespaces/${k.namespace}/configmaps?watch=1&resourceVersion=1&timeoutSeconds=1`,
    );
    if (!answer.text.includes('"ERROR"')) k.skip("the server has not compacted yet: revision 1 is still there");
    k.assert.equal(JSON.parse(answer.text.split("\n")[0]).object.code, 410);
  },
  49: async (k) => {
    const answer = await k.raw(
      "GET",
      `/api/v1/namespaces/${k.namespace}/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`,
    );
    k.assert.match(answer.text, /"BOOKMARK".*"k8s\.io\/initial-events-end":"true"/);
  },
  50: async (k) =>
    k.assert.equal(
      (await k.raw("GET", `/api/v1/namespaces/${k.namespace}/configmaps?watch=1&sendInitialEvents=true`)).status,
      422,
    ),
  51: async (k) => {
    const answer = await k.raw("GET", `/api/v1/namespaces/${k.namespace}/configmaps?resourceVersion=99999999999`);
    k.assert.equal(answer.status, 504);
    k.assert.equal(statusOf(answer).details.causes[0].reason, "ResourceVersionTooLarge");
  },
  92: async (k) => {
    const path = `/api/v1/namespaces/${k.namespace}/configmaps`;
    // From a version that all know, so that it does not matter who begins late; each leaves with the last event.
    const { resourceVersion } = statusOf(await k.raw("GET", path)).metadata;
    const query = `watch=1&labelSelector=seen&resourceVersion=${resourceVersion}&timeoutSeconds=120`;
    const watchers = Array.from({ length: 100 }, () => k.raw("GET", `${path}?${query}`, undefined, {}, { lines: 50 }));
    for (let i = 0; i < 50; i++)
      await k.raw("POST", path, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `n-${i}`, labels: { seen: "1" } },
      });
    for (const { text } of await Promise.all(watchers)) {
      const names = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter(({ type }) => type === "ADDED")
        .map(({ object }) => object.metadata.name);
      k.assert.deepEqual(
        names,
        Array.from({ length: 50 }, (_, i) => `n-${i}`),
      );
    }
  },
  93: async (k) => {
    const path = `/api/v1/namespaces/${k.namespace}/configmaps`;
    await k.raw("POST", path, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "count" }, data: { n: "0" } });
    const increment = async () => {
      for (;;) {
        const live = statusOf(await k.raw("GET", `${path}/count`));
        const put = await k.raw("PUT", `${path}/count`, { ...live, data: { n: String(Number(live.data.n) + 1) } });
        if (put.status === 200) return;
        k.assert.equal(put.status, 409);
      }
    };
    await Promise.all(Array.from({ length: 100 }, increment));
    k.assert.equal(statusOf(await k.raw("GET", `${path}/count`)).data.n, "100");
  },
  94: async (k) => {
    const big = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "big" }, data: { d: "x".repeat(300_000) } };
    await k.raw("POST", `/api/v1/namespaces/${k.namespace}/configmaps`, big);
    const answer = await k.raw("GET", `/api/v1/namespaces/${k.namespace}/configmaps/big`, undefined, {
      "accept-encoding": "gzip",
    });
    k.assert.equal(answer.headers["content-encoding"], "gzip");
    k.assert.ok(answer.bytes.length < 50_000);
    k.assert.equal((await k.raw("GET", "/readyz", undefined, {}, { http1: true })).text, "ok");
  },
  96: async (k) => {
    const path = `/api/v1/namespaces/${k.namespace}/configmaps`;
    const body = (bytes) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "huge" },
      data: { d: "x".repeat(bytes) },
    });
    k.assert.equal((await k.raw("POST", path, body(3.2 * 1024 * 1024))).status, 413);
    const large = await k.raw("POST", path, body(2 * 1024 * 1024));
    k.assert.ok(large.status >= 400, `2 MiB: ${large.status}`);
  },
};
