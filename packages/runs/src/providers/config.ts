/** `vela/config`: configurations kept as Secrets, made from templates (kubevela-workflow.md 4.8). */
import { type JsonObject, type JsonValue, canonicalJson, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { CueError } from "@lateen/cue";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type ProviderFunction, type ProviderTable, stepContext } from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export interface ConfigProviderOptions {
  readonly client: Client;
  readonly systemNamespace?: string;
}

const labels = { catalog: "config.oam.dev/catalog", type: "config.oam.dev/type", scope: "config.oam.dev/scope" };
const catalog = "velacore-config";
const inputKey = "input-properties";

export function configProviders(options: ConfigProviderOptions): ProviderTable {
  const create: ProviderFunction = (params, { signal }) => createConfig(options, params, signal);
  const read: ProviderFunction = async (params, { signal }) => ({ config: await readConfig(options, params, signal) });
  const list: ProviderFunction = async (params, { signal }) => ({
    configs: await listConfigs(options, params, signal),
  });
  const remove: ProviderFunction = (params, { signal }) => deleteConfig(options, params, signal);
  return {
    config: { create, read, list, delete: remove },
    op: { "create-config": create, "read-config": read, "list-config": list, "delete-config": remove },
  };
}

const encoded = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const decoded = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));

async function secretOf(
  { client }: ConfigProviderOptions,
  params: JsonObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const reference = {
    apiVersion: "v1",
    kind: "Secret",
    namespace: textOf(params.namespace),
    name: textOf(params.name),
  };
  return client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

interface Template {
  readonly name: string;
  readonly namespace: string;
  readonly text: string;
  readonly scope: string;
  readonly sensitive: string;
}

async function templateOf(
  options: ConfigProviderOptions,
  given: string,
  signal: AbortSignal,
): Promise<Template | undefined> {
  if (given === "") return undefined;
  const slash = given.indexOf("/");
  const namespace = slash < 0 ? (options.systemNamespace ?? "vela-system") : given.slice(0, slash);
  const name = given.slice(slash + 1);
  const reference = { apiVersion: "v1", kind: "ConfigMap", namespace, name: `config-template-${name}` };
  const object = await options.client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) throw new Error("the template does not exist", { cause: error });
    throw error;
  });
  return {
    name,
    namespace,
    text: textOf(valueAt(object, "data", "template")),
    scope: object.metadata.labels?.[labels.scope] ?? "",
    sensitive: object.metadata.annotations?.["config.oam.dev/sensitive"] ?? "false",
  };
}

/** What a template makes of a configuration. @throws Error for what does not evaluate. */
function rendered(
  template: Template,
  params: JsonObject,
): { readonly output: JsonObject; readonly outputs: readonly JsonObject[] } {
  const context = { name: textOf(params.name), namespace: textOf(params.namespace) };
  const value = stepContext()
    .compile(`${template.text}\ncontext: _\ntemplate: parameter: _\n`, { filename: `config template ${template.name}` })
    .fillPath("", { context, template: { parameter: params.config ?? {} } });
  try {
    const faults = value.validate();
    if (faults.length > 0) throw new CueError(faults);
    const checked = value.lookupPath("template.validation.$returns.message");
    if (checked.exists && textOf(checked.toJSON()) !== "") throw new Error(textOf(checked.toJSON()));
    const output = value.lookupPath("template.output");
    const outputs = value.lookupPath("template.outputs");
    const json = output.exists ? output.toJSON() : { apiVersion: "v1", kind: "Secret" };
    return {
      output: isJsonObject(json) ? json : {},
      outputs: outputs.exists
        ? outputs
            .fields()
            .map((field) => field.value.toJSON())
            .filter(isJsonObject)
        : [],
    };
  } catch (error) {
    if (error instanceof CueError)
      throw new Error(`the output format must be secret: ${error.message}`, { cause: error });
    throw error;
  }
}

async function createConfig(
  options: ConfigProviderOptions,
  params: JsonObject,
  signal: AbortSignal,
): Promise<undefined> {
  const template = await templateOf(options, textOf(params.template), signal);
  const known = await secretOf(options, params, signal);
  const type = template?.name ?? "";
  if (known !== undefined && (known.metadata.labels?.[labels.type] ?? "") !== type)
    throw new Error("the template of the config can not be changed");
  const made = template === undefined ? { output: {} as JsonObject, outputs: [] } : rendered(template, params);
  const secret = secretObject({ params, template, output: made.output });
  if (known !== undefined && (known.type ?? "Opaque") !== (secret.type ?? "Opaque"))
    throw new Error("the secret type of the config can not be changed");
  if (known === undefined) await options.client.create(secret, { signal });
  else
    await options.client.update(
      { ...secret, metadata: { ...secret.metadata, resourceVersion: known.metadata.resourceVersion! } },
      { signal },
    );
  for (const output of made.outputs) {
    await options.client.apply(output as unknown as KubeObject, { fieldManager: "lateen-config", force: true, signal });
  }
  return undefined;
}

function secretObject({
  params,
  template,
  output,
}: {
  params: JsonObject;
  template: Template | undefined;
  output: JsonObject;
}): KubeObject {
  const metadata = isJsonObject(output.metadata) ? output.metadata : {};
  const own: Record<string, string> = { [inputKey]: encoded(canonicalJson(params.config ?? {})) };
  for (const [key, value] of Object.entries(isJsonObject(output.stringData) ? output.stringData : {}))
    own[key] = encoded(textOf(value));
  const type =
    template === undefined ? {} : { type: textOf(output.type) === "" ? `/${template.name}` : textOf(output.type) };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      ...metadata,
      name: textOf(params.name),
      namespace: textOf(params.namespace),
      labels: {
        ...(isJsonObject(metadata.labels) ? metadata.labels : {}),
        [labels.catalog]: catalog,
        [labels.type]: template?.name ?? "",
        ...(template === undefined ? {} : { [labels.scope]: template.scope }),
      },
      annotations: {
        ...(isJsonObject(metadata.annotations) ? metadata.annotations : {}),
        "config.oam.dev/alias": "",
        "config.oam.dev/description": "",
        ...(template === undefined
          ? {}
          : {
              "config.oam.dev/sensitive": template.sensitive,
              "config.oam.dev/template-namespace": template.namespace,
            }),
      },
    },
    ...type,
    data: { ...(isJsonObject(output.data) ? output.data : {}), ...own },
  } as unknown as KubeObject;
}

async function readConfig(
  options: ConfigProviderOptions,
  params: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  const secret = await secretOf(options, params, signal);
  if (secret === undefined) throw new Error(`secrets "${textOf(params.name)}" not found`);
  if (secret.metadata.annotations?.["config.oam.dev/sensitive"] === "true") throw new Error("the config is sensitive");
  return inputOf(secret);
}

function inputOf(secret: KubeObject): JsonObject {
  const data = textOf(valueAt(secret, "data", inputKey));
  const json: JsonValue = data === "" ? {} : (JSON.parse(decoded(data)) as JsonValue);
  return isJsonObject(json) ? json : {};
}

async function listConfigs(
  { client }: ConfigProviderOptions,
  params: JsonObject,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const template = textOf(params.template);
  const namespace = textOf(params.namespace);
  if (template === "" || namespace === "") throw new Error("the request is invalid");
  const name = template.slice(template.indexOf("/") + 1);
  const labelSelector = `${labels.catalog}=${catalog},${labels.type}=${name}`;
  const { items } = await client.list({ apiVersion: "v1", kind: "Secret", namespace }, { labelSelector, signal });
  return items.map((secret) => ({
    name: secret.metadata.name ?? "",
    alias: secret.metadata.annotations?.["config.oam.dev/alias"] ?? "",
    description: secret.metadata.annotations?.["config.oam.dev/description"] ?? "",
    config: secret.metadata.annotations?.["config.oam.dev/sensitive"] === "true" ? {} : inputOf(secret),
  }));
}

async function deleteConfig(
  options: ConfigProviderOptions,
  params: JsonObject,
  signal: AbortSignal,
): Promise<undefined> {
  const secret = await secretOf(options, params, signal);
  const { name, namespace } = { name: textOf(params.name), namespace: textOf(params.namespace) };
  if (secret === undefined || secret.metadata.labels?.[labels.catalog] !== catalog)
    throw new Error(`the config ${name} not found`);
  const references = textOf(valueAt(secret, "data", "objects-reference"));
  for (const reference of references === "" ? [] : (JSON.parse(decoded(references)) as readonly JsonObject[])) {
    const target = {
      apiVersion: textOf(reference.apiVersion),
      kind: textOf(reference.kind),
      namespace: textOf(reference.namespace),
      name: textOf(reference.name),
    };
    await options.client.delete(target, { signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  await options.client.delete({ apiVersion: "v1", kind: "Secret", namespace, name }, { signal });
  return undefined;
}
