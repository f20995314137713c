// Checks with client libraries: 90 (informers over a restart, where the runner may restart the server), 95 (Python), and a client-go program.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { KubeConfig, CoreV1Api, Watch } from "@kubernetes/client-node";
import { run } from "./kit.mjs";

const goProgram = `// Lists, writes and watches with client-go: prints what it saw.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check(err)
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	check(err)
	namespace := os.Args[1]
	seen := make(chan string, 10)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	_, err = factory.Core().V1().ConfigMaps().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { seen <- object.(*corev1.ConfigMap).Name },
	})
	check(err)
	stop := make(chan struct{})
	factory.Start(stop)
	factory.WaitForCacheSync(stop)
	_, err = client.CoreV1().ConfigMaps(namespace).Create(context.Background(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "from-go"}, Data: map[string]string{"a": "b"}}, metav1.CreateOptions{})
	check(err)
	for {
		select {
		case name := <-seen:
			if name == "from-go" {
				fmt.Println("seen")
				return
			}
		case <-time.After(10 * time.Second):
			fmt.Println("error: not seen")
			os.Exit(1)
		}
	}
}
`;

const python = `
import sys
from kubernetes import client, config, watch, dynamic
config.load_kube_config()
namespace = sys.argv[1]
api = client.CoreV1Api()
api.create_namespaced_config_map(namespace, {"metadata": {"name": "from-python"}, "data": {"a": "b"}})
for event in watch.Watch().stream(api.list_namespaced_config_map, namespace, timeout_seconds=10):
    if event["object"].metadata.name == "from-python":
        break
else:
    sys.exit("not seen")
dyn = dynamic.DynamicClient(client.ApiClient())
print(dyn.resources.get(api_version="v1", kind="ConfigMap").get(name="from-python", namespace=namespace).data.a)
`;

async function watchWithClientNode(k) {
  const config = new KubeConfig();
  config.loadFromFile(k.kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const seen = [];
  const controller = await new Watch(config).watch(
    `/api/v1/namespaces/${k.namespace}/configmaps`,
    {},
    (type, object) => seen.push(`${type} ${object.metadata.name}`),
    () => undefined,
  );
  try {
    await api.createNamespacedConfigMap({ namespace: k.namespace, body: { metadata: { name: "from-node" } } });
    await k.until("the event", () => seen.includes("ADDED from-node"));
  } finally {
    controller.abort();
  }
}

async function clientGo(k) {
  const folder = resolve(k.cache, "client-go");
  const program = resolve(folder, "check");
  if (!existsSync(program)) {
    if ((await run("go", ["version"])).code !== 0) k.skip("Go is not on this machine");
    mkdirSync(folder, { recursive: true });
    writeFileSync(resolve(folder, "main.go"), goProgram);
    writeFileSync(
      resolve(folder, "go.mod"),
      "module lateen.example/check\n\ngo 1.24.0\n\nrequire (\n\tk8s.io/api v0.34.1\n\tk8s.io/apimachinery v0.34.1\n\tk8s.io/client-go v0.34.1\n)\n",
    );
    for (const args of [
      ["mod", "tidy"],
      ["build", "-o", "check", "."],
    ]) {
      const done = await run("go", args, { cwd: folder, timeoutMs: 400_000 });
      if (done.code !== 0) k.skip(`client-go cannot be built here: ${done.err.trim().split("\n").at(-1)}`);
    }
  }
  const done = await run(program, [k.namespace], { env: { KUBECONFIG: k.kubeconfig } });
  k.assert.equal(done.out.trim(), "seen", done.err);
}

export const checks = {
  90: async (k) => {
    await watchWithClientNode(k);
    await clientGo(k);
  },
  95: async (k) => {
    const folder = resolve(k.cache, "python-kubernetes");
    const env = { KUBECONFIG: k.kubeconfig, PYTHONPATH: folder };
    if ((await run("python3", ["-c", "import kubernetes"], { env })).code !== 0) {
      const pip = ["-m", "pip", "install", "--quiet", "--target", folder, "kubernetes"];
      const installed = await run("python3", pip, { timeoutMs: 180_000 });
      if (installed.code !== 0)
        k.skip(`Python's client cannot be installed here: ${installed.err.trim().split("\n").at(-1)}`);
    }
    const done = await run("python3", ["-c", python, k.namespace], { env });
    k.assert.equal(done.out.trim(), "b", done.err.slice(-400));
  },
};
