// Checks 1–47, 53–70, 73, 74, 82, 83, 87–89, 97: by kubectl and helm, each run with every version at hand.
import { crd, deployment, foo } from "./kit.mjs";

const group = (kit) => `${kit.namespace}.example.org`;
const json = (text) => JSON.parse(text);
const rvOf = async (kit, what) => (await kit.ok(`get ${what} -o jsonpath={.metadata.resourceVersion}`)).trim();
const withCrd = async (kit, options) => {
  await kit.ok(["apply", "-f", kit.file("crd.json", crd(group(kit), options))]);
  await kit.ok(`wait --for=condition=Established crd/foos.${group(kit)} --timeout=20s`);
};
const needsControllers = async (kit) => {
  if (!kit.controllers) kit.skip("the server runs no controllers");
};

export const checks = {
  1: async (k) => k.assert.match(await k.ok("version"), /Server Version: v1\./),
  2: async (k) => k.assert.equal((await k.ok("get --raw /readyz")).trim(), "ok"),
  3: async (k) => {
    const done = await k.K("api-resources");
    k.assert.equal(done.code, 0, done.err);
    k.assert.ok(done.out.trim().split("\n").length >= 50);
  },
  4: async (k) => k.assert.match(await k.ok("api-versions"), /^apps\/v1$/m),
  5: async (k) => {
    const out = await k.ok("get ns");
    for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"])
      k.assert.match(out, new RegExp(`^${name} +Active`, "m"));
  },
  6: async (k) => {
    await k.ok(`create ns ${k.namespace}-a`);
    await k.fails(`create ns ${k.namespace}-a`, /AlreadyExists/);
    await k.ok(`delete ns ${k.namespace}-a --wait=false`);
  },
  7: async (k) => k.assert.match(await k.ok("create cm x --from-literal=a=b"), /configmap\/x created/),
  8: async (k) => {
    await k.ok("create cm x --from-literal=a=b");
    k.assert.equal(await k.ok("get cm x -o jsonpath={.data.a}"), "b");
  },
  9: async (k) => k.fails("get cm nope", /^Error from server \(NotFound\): configmaps "nope" not found/m),
  10: async (k) => {
    k.assert.match(await k.ok(["apply", "-f", k.file("d.json", deployment())]), /created/);
    k.assert.match(await k.ok(["apply", "-f", k.file("d.json", deployment())]), /unchanged/);
    k.assert.match(await k.ok(["apply", "-f", k.file("d.json", deployment("web", 3))]), /configured/);
  },
  11: async (k) => {
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    await k.ok("annotate deploy web other=kept");
    await k.ok(["apply", "-f", k.file("d.json", deployment("web", 2, { env: [] }))]);
    const live = json(await k.ok("get deploy web -o json"));
    k.assert.equal(live.spec.template.spec.containers[0].env ?? undefined, undefined);
    k.assert.equal(live.metadata.annotations.other, "kept");
  },
  12: async (k) => {
    await k.ok(["apply", "--server-side", "--field-manager=one", "-f", k.file("d.json", deployment("web", 2))]);
    const other = k.file("e.json", deployment("web", 5));
    await k.fails(
      ["apply", "--server-side", "--field-manager=two", "-f", other],
      /conflict with "one": \.spec\.replicas/,
    );
    await k.ok(["apply", "--server-side", "--field-manager=two", "--force-conflicts", "-f", other]);
  },
  13: async (k) => {
    await k.ok(["apply", "--server-side", "-f", k.file("d.json", deployment())]);
    k.assert.match(await k.ok("get deploy web -o yaml --show-managed-fields"), /operation: Apply/);
  },
  14: async (k) => {
    const config = (data) => k.file("c.json", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data });
    await k.ok(["apply", "--server-side", "-f", config({ a: "1", b: "2" })]);
    await k.ok(["apply", "--server-side", "-f", config({ a: "1" })]);
    k.assert.deepEqual(json(await k.ok("get cm c -o json")).data, { a: "1" });
  },
  15: async (k) => {
    await k.ok([
      "apply",
      "-f",
      k.file("c.json", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { a: "1" } }),
    ]);
    const before = await rvOf(k, "cm/c");
    const changed = k.file("c.json", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c" },
      data: { a: "2" },
    });
    k.assert.equal((await k.K(["diff", "-f", changed])).code, 1);
    k.assert.equal(await rvOf(k, "cm/c"), before);
  },
  16: async (k) => {
    await k.ok("create cm dry --from-literal=a=b --dry-run=server");
    await k.fails("get cm dry", /NotFound/);
  },
  17: async (k) => {
    const path = k.file("d.json", { ...deployment(), spec: { ...deployment().spec, unknownField: 1 } });
    await k.fails(["apply", "-f", path], /strict decoding error: unknown field "spec\.unknownField"/);
    const warned = await k.K(["apply", "--validate=warn", "-f", path]);
    k.assert.equal(warned.code, 0, warned.err);
    k.assert.match(warned.err, /Warning: .*unknown field/);
  },
  18: async (k) => {
    const path = k.file("d.json", { ...deployment(), spec: { ...deployment().spec, replicas: "many" } });
    await k.fails(["apply", "--validate=false", "-f", path], /BadRequest|cannot be handled|cannot unmarshal/);
  },
  19: async (k) => {
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    await k.ok([
      "patch",
      "deploy",
      "web",
      "-p",
      '{"spec":{"template":{"spec":{"containers":[{"name":"d","image":"busybox"}]}}}}',
    ]);
    k.assert.equal(await k.ok("get deploy web -o jsonpath={.spec.template.spec.containers[*].name}"), "d c");
  },
  20: async (k) => {
    await k.ok("create cm x --from-literal=a=b");
    await k.fails(
      ["patch", "cm", "x", "--type=json", "-p", '[{"op":"test","path":"/data/a","value":"no"}]'],
      /the server rejected our request due to an error in our request|testing value/,
    );
  },
  21: async (k) => {
    await k.ok("create cm x --from-literal=a=b --from-literal=c=d");
    await k.ok(["patch", "cm", "x", "--type=merge", "-p", '{"data":{"a":null}}']);
    k.assert.deepEqual(json(await k.ok("get cm x -o json")).data, { c: "d" });
  },
  22: async (k) => {
    await withCrd(k);
    await k.ok(["create", "-f", k.file("f.json", foo(group(k), "f"))]);
    await k.fails(
      ["patch", "foo", "f", "--type=strategic", "-p", '{"spec":{"size":5}}'],
      /UnsupportedMediaType|is not supported by/,
    );
  },
  23: async (k) => {
    await k.ok("create cm x");
    await k.ok("label cm x a=1");
    await k.fails("label cm x a=2", /already has a value/);
    await k.ok("label --overwrite cm x a=2");
    await k.ok("annotate cm x n=1");
    await k.ok("label cm x a-");
    k.assert.equal(json(await k.ok("get cm x -o json")).metadata.labels ?? undefined, undefined);
  },
  24: async (k) => {
    await needsControllers(k);
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    await k.ok("scale deploy web --replicas=3");
    await k.until("3 pods", async () => (await k.ok("get pods -o name")).trim().split("\n").length === 3);
    await k.fails("scale deploy web --replicas=1 --current-replicas=7", /Expected replicas to be 7/);
  },
  25: async (k) => {
    await needsControllers(k);
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    await k.ok("rollout status deploy web --timeout=30s");
  },
  26: async (k) => {
    await needsControllers(k);
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    await k.ok("rollout status deploy web --timeout=30s");
    await k.ok("set image deploy/web c=nginx:2");
    await k.ok("rollout status deploy web --timeout=30s");
    k.assert.equal((await k.ok("rollout history deploy web")).match(/^\d+ /gm)?.length, 2);
  },
  27: async (k) => {
    await checks[26](k);
    await k.ok("rollout undo deploy web");
    await k.until("the old image", async () =>
      (await k.ok("get deploy web -o jsonpath={..image}")).includes("nginx:1"),
    );
  },
  28: async (k) => {
    await checks[25](k);
    await k.ok("rollout restart deploy web");
    await k.ok("rollout status deploy web --timeout=30s");
    await k.until("two replica sets", async () => (await k.ok("get rs -o name")).trim().split("\n").length === 2);
  },
  29: async (k) => {
    await checks[25](k);
    await k.ok("rollout pause deploy web");
    await k.ok("set image deploy/web c=nginx:2");
    k.assert.equal((await k.ok("get rs -o name")).trim().split("\n").length, 1);
    await k.ok("rollout resume deploy web");
    await k.until("two replica sets", async () => (await k.ok("get rs -o name")).trim().split("\n").length === 2);
  },
  31: async (k) => {
    await needsControllers(k);
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    await k.ok("wait --for=condition=Available deploy/web --timeout=30s");
  },
  32: async (k) => {
    await k.ok("create cm x --from-literal=a=b");
    await k.ok("wait --for=jsonpath={.data.a}=b cm/x --timeout=10s");
  },
  33: async (k) => {
    await k.ok("create cm x");
    const waiting = k.ok("wait --for=delete cm/x --timeout=20s");
    await k.ok("delete cm x --wait=false");
    await waiting;
  },
  34: async (k) => {
    await k.ok("create cm x");
    await k.fails("wait --for=jsonpath={.data.a}=b cm/x --timeout=1s", /timed out/);
  },
  35: async (k) => {
    await checks[25](k);
    await k.ok("delete deploy web");
    await k.until("nothing left", async () => (await k.ok("get rs,pods -o name")).trim() === "", 30_000);
  },
  36: async (k) => {
    await checks[25](k);
    await k.ok("delete deploy web --cascade=orphan");
    await k.until("no owner", async () => {
      const { items } = json(await k.ok("get rs -o json"));
      return items.length === 1 && (items[0].metadata.ownerReferences ?? []).length === 0;
    });
  },
  37: async (k) => {
    await checks[25](k);
    await k.ok("delete deploy web --cascade=foreground --timeout=40s");
    k.assert.equal((await k.ok("get deploy,rs -o name")).trim(), "");
  },
  38: async (k) => {
    await k.ok([
      "create",
      "-f",
      k.file("c.json", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "held", finalizers: ["example.org/hold"] },
      }),
    ]);
    await k.ok("delete cm held --wait=false");
    k.assert.notEqual(await k.ok("get cm held -o jsonpath={.metadata.deletionTimestamp}"), "");
    await k.ok(["patch", "cm", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
    await k.fails("get cm held", /NotFound/);
  },
  39: async (k) => {
    await needsControllers(k);
    const name = `${k.namespace}-gone`;
    await k.ok(`create ns ${name}`);
    await k.ok(`-n ${name} create cm x`, { global: true });
    await k.ok(
      [
        "-n",
        name,
        "create",
        "-f",
        k.file("h.json", {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "held", finalizers: ["example.org/hold"] },
        }),
      ],
      { global: true },
    );
    await k.ok(`delete ns ${name} --wait=false`);
    await k.fails(
      `-n ${name} create cm y`,
      /forbidden: unable to create new content in namespace .* because it is being terminated/,
      { global: true },
    );
    await k.until("contents gone", async () => (await k.K(`-n ${name} get cm x`, { global: true })).code !== 0, 30_000);
    await k.ok(["-n", name, "patch", "cm", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'], {
      global: true,
    });
    await k.until("namespace gone", async () => (await k.K(`get ns ${name}`)).code !== 0, 30_000);
  },
  40: async (k) => {
    await k.ok("create cm x --from-literal=a=b");
    const stale = k.file("x.json", await k.ok("get cm x -o json"));
    await k.ok("label cm x a=1");
    await k.fails(["replace", "-f", stale], /Conflict.*the object has been modified/s);
  },
  43: async (k) => {
    for (const [name, labels] of [
      ["p", "a=b"],
      ["q", "a=c,d=1"],
      ["r", "a=x"],
    ]) {
      await k.ok(`create cm ${name}`);
      await k.ok(`label cm ${name} ${labels.replace(",", " ")}`);
    }
    k.assert.equal((await k.ok(["get", "cm", "-l", "a in (b,c),!d", "-o", "name"])).trim(), "configmap/p");
  },
  44: async (k) => k.fails(["get", "cm", "-l", "a in (b"], /BadRequest|unable to parse requirement/),
  45: async (k) => {
    await k.ok("get pods --field-selector status.phase=Running");
    await k.fails("get pods --field-selector spec.nonsense=1", /BadRequest|field label not supported/);
  },
  46: async (k) => {
    const items = Array.from({ length: 95 }, (_, i) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `c-${i}`, labels: { many: "1" } },
    }));
    await k.ok(["create", "-f", k.file("many.json", { apiVersion: "v1", kind: "List", items })], {
      timeoutMs: 120_000,
    });
    k.assert.equal(
      await k.ok("get cm -l many --chunk-size=10 -o name"),
      await k.ok("get cm -l many --chunk-size=0 -o name"),
    );
    const page = json(await k.ok(`get --raw /api/v1/namespaces/${k.namespace}/configmaps?limit=10`));
    k.assert.equal(page.items.length, 10);
    k.assert.notEqual(page.metadata.continue, "");
    k.assert.ok(page.metadata.remainingItemCount >= 85);
  },
  47: async (k) => {
    const watching = k.K("get cm -w --request-timeout=4s --output-watch-events=true");
    await new Promise((wake) => setTimeout(wake, 1_500));
    await k.ok("create cm seen");
    await k.ok("label cm seen a=1");
    await k.ok("delete cm seen");
    const { out } = await watching;
    for (const type of ["ADDED", "MODIFIED", "DELETED"]) k.assert.match(out, new RegExp(`${type} +seen`));
  },
  52: async (k) => {
    await k.ok(["apply", "-f", k.file("d.json", deployment())]);
    const generation = await k.ok("get deploy web -o jsonpath={.metadata.generation}");
    await k.ok([
      "apply",
      "--server-side",
      "--force-conflicts",
      "-f",
      k.file("c.json", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { a: "1" } }),
    ]);
    const before = await rvOf(k, "cm/c");
    await k.ok([
      "apply",
      "--server-side",
      "-f",
      k.file("c.json", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { a: "1" } }),
    ]);
    k.assert.equal(await rvOf(k, "cm/c"), before);
    k.assert.equal(generation, "1");
  },
  53: async (k) => {
    await withCrd(k);
    await k.ok(["create", "-f", k.file("f.json", foo(group(k), "f"))]);
    await k.ok(["patch", "foo", "f", "--subresource=status", "--type=merge", "-p", '{"status":{"replicas":1}}']);
    k.assert.equal(await k.ok("get foo f -o jsonpath={.metadata.generation}"), "1");
    await k.ok(["patch", "foo", "f", "--type=merge", "-p", '{"spec":{"size":9}}']);
    k.assert.equal(await k.ok("get foo f -o jsonpath={.metadata.generation}"), "2");
  },
  54: async (k) => {
    for (const name of ["b", "a"]) await k.ok(`create cm ${name} --from-literal=n=${name}`);
    k.assert.match(await k.ok("get cm -o wide"), /NAME +DATA +AGE/);
    k.assert.match(await k.ok("get pods -o wide"), /^$|NAME/);
    const sorted = await k.ok("get cm a b --sort-by=.metadata.name -o custom-columns=N:.data.n --no-headers");
    k.assert.deepEqual(sorted.trim().split(/\s+/), ["a", "b"]);
  },
  55: async (k) => {
    k.assert.match(await k.ok("explain deploy.spec --recursive"), /minReadySeconds/);
    await withCrd(k);
    await k.until("explain of the custom kind", async () =>
      /How large it is/.test((await k.K("explain foo.spec.size")).out),
    );
  },
  56: async (k) => {
    await withCrd(k);
    await k.ok(["apply", "-f", k.file("f.json", foo(group(k), "at-once"))]);
  },
  57: async (k) => {
    await withCrd(k);
    await k.fails(
      ["create", "--validate=false", "-f", k.file("f.json", foo(group(k), "f", { size: 0 }))],
      /spec\.size: Invalid value: 0: spec\.size in body should be greater than or equal to 1/,
    );
  },
  58: async (k) => {
    await withCrd(k);
    await k.ok(["create", "--validate=ignore", "-f", k.file("f.json", foo(group(k), "f", { nothing: true }))]);
    k.assert.deepEqual(json(await k.ok("get foo f -o json")).spec, { size: 3 });
  },
  59: async (k) => checks[58](k),
  60: async (k) => {
    await checks[58](k);
    k.assert.match(await k.ok("get foo"), /NAME +SIZE\s+f +3/);
  },
  61: async (k) => {
    await checks[58](k);
    k.assert.match(await k.ok("get fo -o name"), /foo\.[\w.-]+\/f/);
    await k.until("category all", async () => /foo\.[\w.-]+\/f/.test((await k.K("get all -o name")).out));
  },
  62: async (k) => {
    await withCrd(k);
    await k.fails(["create", "-f", k.file("f.json", foo(group(k), "f", { size: 100 }))], /size is too large/);
    await k.ok(["create", "-f", k.file("f.json", foo(group(k), "f", { fixed: "x" }))]);
    await k.fails(["patch", "foo", "f", "--type=merge", "-p", '{"spec":{"fixed":"y"}}'], /fixed is fixed/);
  },
  63: async (k) => {
    await withCrd(k);
    await k.ok(["create", "-f", k.file("f.json", foo(group(k), "f", { replicas: 1 }))]);
    await k.ok("scale foo/f --replicas=4");
    k.assert.equal(await k.ok("get foo f -o jsonpath={.spec.replicas}"), "4");
  },
  65: async (k) => {
    await checks[58](k);
    await k.ok(`delete crd foos.${group(k)} --timeout=30s`);
    await k.until("discovery without it", async () => !(await k.ok(`api-resources --cached=false`)).includes(group(k)));
    await k.ok(["apply", "-f", k.file("crd.json", crd(group(k)))]);
    await k.ok(`wait --for=condition=Established crd/foos.${group(k)} --timeout=20s`);
    k.assert.equal((await k.ok("get foo -o name")).trim(), "");
  },
  66: async (k) => {
    k.assert.match(await k.ok("auth can-i create pods"), /yes/);
    await k.fails("auth can-i create pods --as=nobody", /no/);
    k.assert.match(await k.ok("auth can-i --list"), /Resources/);
  },
  67: async (k) =>
    k.fails(
      "get secrets --as=nobody",
      /secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" in the namespace/,
    ),
  68: async (k) => k.assert.match(await k.ok("auth whoami"), /Username/),
  69: async (k) => {
    await k.ok("create sa robot");
    const token = (await k.ok("create token robot")).trim();
    k.assert.equal(token.split(".").length, 3);
    const [name] = [k.tokenKubeconfig(token)];
    const who = await k.K("auth whoami", { env: { ...k.env, KUBECONFIG: name } });
    k.assert.match(who.out, new RegExp(`system:serviceaccount:${k.namespace}:robot`), who.err);
    const bad = await k.K("auth whoami", { env: { ...k.env, KUBECONFIG: k.tokenKubeconfig(`${token}x`) } });
    k.assert.match(bad.err + bad.out, /Unauthorized|logged in/);
  },
  70: async (k) => {
    await k.ok("create role maker --verb=create,get --resource=roles.rbac.authorization.k8s.io");
    await k.ok(`create rolebinding maker --role=maker --user=eve`);
    await k.fails(
      "create role strong --verb=* --resource=secrets --as=eve",
      /attempting to grant RBAC permissions not currently held/,
    );
  },
  73: async (k) => {
    const name = k.namespace;
    const policy = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
        },
        validations: [{ expression: "object.metadata.name != 'bad'", message: "bad is not allowed" }],
      },
    };
    const binding = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } },
      },
    };
    await k.ok(["create", "-f", k.file("p.json", { apiVersion: "v1", kind: "List", items: [policy, binding] })]);
    try {
      await k.until("the policy in force", async () => {
        const done = await k.K("create cm bad");
        if (done.code === 0) await k.ok("delete cm bad");
        return /bad is not allowed/.test(done.err);
      });
    } finally {
      await k.K(`delete validatingadmissionpolicy/${name} validatingadmissionpolicybinding/${name}`);
    }
  },
  74: async (k) => {
    await k.ok("create quota q --hard=configmaps=1");
    if (k.controllers)
      await k.until(
        "its status",
        async () => (await k.ok("get quota q -o jsonpath={.status.hard.configmaps}")) === "1",
      );
    const created = [await k.K("create cm one"), await k.K("create cm two")];
    const refused = created.find(({ code }) => code !== 0);
    k.assert.match(
      refused?.err ?? "",
      /exceeded quota: q, requested: configmaps=1, used: configmaps=\d+, limited: configmaps=1/,
    );
    await k.ok([
      "create",
      "-f",
      k.file("l.json", {
        apiVersion: "v1",
        kind: "LimitRange",
        metadata: { name: "l" },
        spec: { limits: [{ type: "Container", default: { memory: "64Mi" }, defaultRequest: { memory: "32Mi" } }] },
      }),
    ]);
    await k.until(
      "the default service account",
      async () => (await k.K("get sa default")).code === 0 || !k.controllers,
    );
    await k.K("create sa default");
    await k.ok("run p --image=nginx");
    k.assert.equal(await k.ok("get pod p -o jsonpath={.spec.containers[0].resources.limits.memory}"), "64Mi");
  },
  82: async (k) => {
    await checks[25](k);
    await k.ok("expose deploy web --port=80");
    await k.until("endpoints", async () =>
      json(await k.ok("get endpointslices -l kubernetes.io/service-name=web -o json")).items.some(
        ({ endpoints }) => (endpoints ?? []).length === 2,
      ),
    );
  },
  83: async (k) => {
    await needsControllers(k);
    await k.ok(["create", "job", "j", "--image=busybox"]);
    await k.until("the job's pod", async () => (await k.ok("get pods -l job-name=j -o name")).trim() !== "");
  },
  84: async (k) => {
    await needsControllers(k);
    const { spec } = deployment("s");
    await k.ok([
      "create",
      "-f",
      k.file("s.json", {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "s" },
        spec: { ...spec, serviceName: "s" },
      }),
    ]);
    await k.until("both pods in order", async () => (await k.ok("get pods -o name")).trim() === "pod/s-0\npod/s-1");
  },
  85: async (k) => {
    await needsControllers(k);
    const { selector, template } = deployment("ds").spec;
    await k.ok([
      "create",
      "-f",
      k.file("ds.json", {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { name: "ds" },
        spec: { selector, template },
      }),
    ]);
    const nodes = json(await k.ok("get nodes -o json")).items.length;
    await k.until("a pod a node", async () => json(await k.ok("get pods -o json")).items.length === nodes);
  },
  87: async (k) => {
    const chart = {
      "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
      "values.yaml": "color: red\n",
      "templates/cm.yaml":
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {color: "{{ .Values.color }}"}\n',
    };
    const { mkdirSync } = await import("node:fs");
    mkdirSync(`${k.folder}/shop/templates`, { recursive: true });
    for (const [name, text] of Object.entries(chart)) k.file(`shop/${name}`, text);
    const h = async (args) => {
      const done = await k.H(args);
      k.assert.equal(done.code, 0, `helm ${args}: ${done.err}`);
      return done.out;
    };
    await h("install one ./shop --wait --timeout 30s");
    await h("upgrade one ./shop --set color=blue --wait --timeout 30s");
    k.assert.equal(await k.ok("get cm one -o jsonpath={.data.color}"), "blue");
    k.assert.match(await h("history one"), /superseded[\s\S]*deployed/);
    await h("rollback one 1 --wait --timeout 30s");
    k.assert.equal(await k.ok("get cm one -o jsonpath={.data.color}"), "red");
    await h("install two ./shop --dry-run=server");
    await h("uninstall one");
    await k.fails("get cm one", /NotFound/);
  },
  88: async (k) => {
    const config = (name) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { set: "1" } } });
    await k.ok([
      "apply",
      "-f",
      k.file("both.json", { apiVersion: "v1", kind: "List", items: [config("a"), config("b")] }),
    ]);
    const done = await k.ok([
      "apply",
      "--prune",
      "-l",
      "set=1",
      "--prune-allowlist=core/v1/ConfigMap",
      "-f",
      k.file("one.json", config("a")),
    ]);
    k.assert.match(done, /configmap\/b pruned/);
  },
  89: async (k) => {
    k.file("kustomization.yaml", "configMapGenerator:\n- name: made\n  literals: [a=b]\n");
    k.assert.match(await k.ok("apply -k ."), /configmap\/made-\w+ created/);
  },
  97: async (k) => {
    await k.ok("get events");
    await k.ok("create cm x");
    k.assert.match(await k.ok("describe cm x"), /Name: +x/);
  },
};
