import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { connectionOptions, type ConnectOptions } from "../connect.ts";
import { printData } from "../output.ts";
import { connectRaw, fieldText } from "../raw.ts";
import { findResource } from "../resources.ts";
import { formatTable } from "../terminal.ts";
import type { Verb } from "../verb.ts";

interface AtOptions extends ConnectOptions {
  readonly namespace: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly output?: string;
}

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io";

export const verb: Verb = {
  summary: "show objects as they were: lateen at REVISION|TIME get KIND [NAME]",
  configure(command, run) {
    connectionOptions(command)
      .argument("<when>", "a revision, or a time such as 2026-01-31T10:00:00Z or 5m (ago)")
      .argument("<what>", "get")
      .argument("<kind>", "kind, plural or short name")
      .argument("[name]", "of one object")
      .option("-A, --all-namespaces", "of every namespace")
      .option("-l, --selector <labels>", "label selector")
      .option("-o, --output <format>", "json or yaml")
      .action((when: string, what: string, kind: string, name: string | undefined, options: AtOptions) =>
        run(async (context) => {
          if (what !== "get") throw new Error(`lateen at ${when} ${what}: the one thing to do in the past is get`);
          await using server = connectRaw(options, context);
          const resource = await findResource(server, kind);
          const revision = await revisionOf(server, when);
          const scope =
            resource.namespaced && !options.allNamespaces ? `/namespaces/${encodeURIComponent(options.namespace)}` : "";
          const query = new URLSearchParams({
            resourceVersion: String(revision),
            resourceVersionMatch: "Exact",
            ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
            ...(options.selector !== undefined && { labelSelector: options.selector }),
          });
          const path = `${resource.root}${scope}/${resource.plural}?${query.toString()}`;
          const accept = options.output === undefined ? asTable : "application/json";
          const answer = await server.json("GET", path, { accept });
          const items = objectsOf(options.output === undefined ? answer.rows : answer.items);
          if (items.length === 0) {
            context.terminal.error(`nothing was there at revision ${revision}`);
            return name === undefined ? 0 : 1;
          }
          if (options.output !== undefined) {
            context.terminal.write(
              printData(name === undefined ? answer : shownAlone(items[0]!, answer), options.output),
            );
            return 0;
          }
          for (const line of tableLines(answer, items, options.allNamespaces === true)) context.terminal.line(line);
          return 0;
        }),
      );
  },
};

/** Items of built-in lists carry no kind of their own. */
function shownAlone(item: JsonObject, list: JsonObject): JsonObject {
  const kind = typeof list.kind === "string" ? list.kind.replace(/List$/, "") : "";
  return { apiVersion: list.apiVersion ?? "", kind, ...item };
}

const ago = /^(\d+)(s|m|h|d)$/;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Revisions are known to every server; times to ours. */
async function revisionOf(
  server: { json(method: string, path: string): Promise<JsonObject> },
  when: string,
): Promise<number> {
  if (/^\d+$/.test(when)) return Number(when);
  const [, count, unit] = ago.exec(when) ?? [];
  const time = unit === undefined ? when : new Date(Date.now() - Number(count) * unitMs[unit]!).toISOString();
  const { revision } = await server.json("GET", `/lateen.dev/v1/revision?at=${encodeURIComponent(time)}`);
  return Number(revision);
}

function tableLines(table: JsonObject, rows: readonly JsonObject[], withNamespace: boolean): readonly string[] {
  const columns = objectsOf(table.columnDefinitions)
    .map((column, i) => ({ name: fieldText(column.name).toUpperCase(), i, priority: Number(column.priority ?? 0) }))
    .filter(({ priority }) => priority === 0);
  const lines = rows.map((row) => {
    const cells = Array.isArray(row.cells) ? row.cells : [];
    const metadata = isJsonObject(row.object) && isJsonObject(row.object.metadata) ? row.object.metadata : {};
    return [...(withNamespace ? [fieldText(metadata.namespace)] : []), ...columns.map(({ i }) => fieldText(cells[i]))];
  });
  return formatTable([...(withNamespace ? ["NAMESPACE"] : []), ...columns.map(({ name }) => name)], lines);
}

function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
