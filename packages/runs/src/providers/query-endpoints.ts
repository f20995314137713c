/** The addresses that Services, Ingresses and routes of the Gateway API give. */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { textOf } from "../text-of.ts";

export interface Endpoint {
  readonly protocol: string;
  readonly appProtocol?: string;
  readonly host: string;
  readonly port: number;
  readonly portName?: string;
  readonly path?: string;
  /** Only to be reached within the cluster. */
  readonly inner?: boolean;
}

const objectsAt = (object: KubeObject, ...path: readonly string[]): readonly JsonObject[] => {
  const value = valueAt(object, ...path);
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isJsonObject) : [];
};
const objectsOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

/** Nothing for objects of other kinds, and for what has no address yet. */
export function endpointsOf(object: KubeObject): readonly Endpoint[] {
  const group = object.apiVersion.split("/")[0]!;
  if (object.apiVersion === "v1" && object.kind === "Service") return endpointsOfService(object);
  if (group === "networking.k8s.io" && object.kind === "Ingress") return endpointsOfIngress(object);
  if (group === "gateway.networking.k8s.io" && object.kind === "HTTPRoute") return endpointsOfRoute(object);
  return [];
}

function endpointsOfService(object: KubeObject): readonly Endpoint[] {
  const type = textOf(valueAt(object, "spec", "type")) || "ClusterIP";
  const ports = objectsAt(object, "spec", "ports");
  const { name = "", namespace = "default" } = object.metadata;
  const made = (host: string, field: "port" | "nodePort", inner: boolean): readonly Endpoint[] =>
    ports.flatMap((port): Endpoint[] => {
      const number = port[field];
      if (typeof number !== "number" || host === "") return [];
      const [portName, appProtocol] = [textOf(port.name), appProtocolOf(port)];
      return [
        {
          protocol: textOf(port.protocol) || "TCP",
          ...(appProtocol === "" ? {} : { appProtocol }),
          host,
          port: number,
          ...(portName === "" ? {} : { portName }),
          inner,
        },
      ];
    });
  if (type === "LoadBalancer")
    return objectsAt(object, "status", "loadBalancer", "ingress").flatMap((one) =>
      made(textOf(one.hostname) || textOf(one.ip), "port", false),
    );
  if (type === "NodePort") return made("", "nodePort", false).concat(made(`${name}.${namespace}`, "port", true));
  return type === "ExternalName" ? [] : made(`${name}.${namespace}`, "port", true);
}

function appProtocolOf(port: JsonObject): string {
  const declared = textOf(port.appProtocol);
  if (declared !== "") return declared;
  if (port.port === 80 || port.port === 8080 || /^http\b/.test(textOf(port.name))) return "http";
  return port.port === 443 || /^https\b/.test(textOf(port.name)) ? "https" : "";
}

function endpointsOfIngress(object: KubeObject): readonly Endpoint[] {
  const secured = new Set(objectsAt(object, "spec", "tls").flatMap(({ hosts }) => (Array.isArray(hosts) ? hosts : [])));
  const [address] = objectsAt(object, "status", "loadBalancer", "ingress");
  const given = address === undefined ? "" : textOf(address.hostname) || textOf(address.ip);
  return objectsAt(object, "spec", "rules").flatMap((rule): Endpoint[] => {
    const host = textOf(rule.host) || given;
    if (host === "") return [];
    const isSecure = secured.has(host);
    const http = isJsonObject(rule.http) ? rule.http : {};
    const paths = objectsOf(http.paths).map(({ path }) => textOf(path) || "/");
    return (paths.length === 0 ? ["/"] : paths).map((path) => ({
      protocol: "TCP",
      appProtocol: isSecure ? "https" : "http",
      host,
      port: isSecure ? 443 : 80,
      path,
    }));
  });
}

function endpointsOfRoute(object: KubeObject): readonly Endpoint[] {
  const hosts = valueAt(object, "spec", "hostnames");
  const paths = objectsAt(object, "spec", "rules").flatMap(({ matches }) =>
    objectsOf(matches).map(({ path }) => (isJsonObject(path) ? textOf(path.value) || "/" : "/")),
  );
  return (Array.isArray(hosts) ? hosts.map(textOf) : []).flatMap((host) =>
    (paths.length === 0 ? ["/"] : [...new Set(paths)]).map((path) => ({
      protocol: "TCP",
      appProtocol: "http",
      host,
      port: 80,
      path,
    })),
  );
}
