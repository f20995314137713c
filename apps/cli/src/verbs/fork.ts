import { formatPath, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { connectionOptions, type ConnectOptions } from "../connect.ts";
import { differencesOf } from "../difference.ts";
import { formatAge } from "../output.ts";
import { connectRaw, fieldText } from "../raw.ts";
import { formatTable } from "../terminal.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  summary: "forks of a running server: fork ls, fork diff NAME, fork delete NAME (lateen server fork NAME makes one)",
  configure(command, run) {
    connectionOptions(command.command("ls").description("list forks")).action((options: ConnectOptions) =>
      run(async (context) => {
        await using server = connectRaw(options, context);
        const { items } = await server.json("GET", "/lateen.dev/v1/forks");
        const forks = objectsOf(items);
        if (forks.length === 0) context.terminal.error("no fork");
        const rows = forks.map((fork) => [
          fieldText(fork.name),
          fieldText(fork.revision),
          fieldText(fork.address),
          formatAge(new Date(Number(fork.createdMs)).toISOString(), Date.now()),
          fieldText(fork.kubeconfig),
        ]);
        if (rows.length > 0)
          for (const line of formatTable(["FORK", "REVISION", "ADDRESS", "AGE", "KUBECONFIG"], rows))
            context.terminal.line(line);
        return 0;
      }),
    );
    connectionOptions(
      command.command("diff").description("what a fork has changed, object by object").argument("<name>"),
    ).action((name: string, options: ConnectOptions) =>
      run(async (context) => {
        await using server = connectRaw(options, context);
        const { items } = await server.json("GET", `/lateen.dev/v1/forks/${encodeURIComponent(name)}/diff`);
        for (const change of objectsOf(items)) for (const line of changeLines(change)) context.terminal.line(line);
        return 0;
      }),
    );
    connectionOptions(command.command("delete").description("end a fork").argument("<name>")).action(
      (name: string, options: ConnectOptions) =>
        run(async (context) => {
          await using server = connectRaw(options, context);
          await server.json("DELETE", `/lateen.dev/v1/forks/${encodeURIComponent(name)}`);
          context.terminal.line(`fork ${name} deleted`);
          return 0;
        }),
    );
  },
};

const signs: Readonly<Record<string, string>> = { created: "+", deleted: "-", changed: "~" };

function changeLines({ action, before, after }: JsonObject): readonly string[] {
  const object = isJsonObject(after) ? after : isJsonObject(before) ? before : {};
  const namespace = textOf(valueAt(object, "metadata", "namespace"));
  const name = textOf(valueAt(object, "metadata", "name"));
  const head = `${signs[textOf(action)] ?? "?"} ${textOf(object.kind)} ${namespace === "" ? "" : `${namespace}/`}${name}`;
  if (action !== "changed") return [head];
  const fields = differencesOf(withoutBookkeeping(before), withoutBookkeeping(after));
  return [
    head,
    ...fields.map(({ path, before: was, after: is }) => `    ${formatPath(path)}: ${shown(was)} → ${shown(is)}`),
  ];
}

/** Revisions and managed fields change with every write. */
function withoutBookkeeping(object: JsonValue | undefined): JsonValue | undefined {
  if (!isJsonObject(object) || !isJsonObject(object.metadata)) return object;
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function shown(value: JsonValue | undefined): string {
  const text = value === undefined ? "(absent)" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
