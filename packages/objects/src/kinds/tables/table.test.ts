import type { JsonObject, JsonValue } from "@lateen/base";
import { describe, expect, it } from "vitest";
import type { Kind } from "../kind.ts";
import { builtinKinds } from "../kind-table.ts";
import { columnsOf } from "./columns.ts";
import { tableOf } from "./table.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const kinds = builtinKinds();

function kindOf(group: string, kind: string): Kind {
  const version = group === "autoscaling" ? "v2" : "v1";
  const found = kinds.lookup({ group, version, kind });
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return found;
}

function cellsOf(group: string, kind: string, object: JsonObject): readonly JsonValue[] {
  const rows = tableOf(kindOf(group, kind), [object], { now })["rows"] as readonly { cells: JsonValue[] }[];
  return rows[0]?.cells ?? [];
}

const metadata = { name: "a", creationTimestamp: "2026-01-02T03:03:05Z" };

function pod(status: JsonObject, more: JsonObject = {}): readonly JsonValue[] {
  const spec = { containers: [{ name: "c", image: "i" }], ...more };
  return cellsOf("", "Pod", { metadata, spec, status }).slice(1, 4);
}

describe("the table of a pod", () => {
  it.each<[string, JsonObject, JsonValue[]]>([
    ["shows the phase while there is nothing else", { phase: "Pending" }, ["0/1", "Pending", "0"]],
    [
      "shows why a container waits",
      {
        phase: "Running",
        containerStatuses: [{ name: "c", restartCount: 2, state: { waiting: { reason: "CrashLoopBackOff" } } }],
      },
      ["0/1", "CrashLoopBackOff", "2"],
    ],
    [
      "says when the last restart was",
      {
        phase: "Running",
        containerStatuses: [
          {
            name: "c",
            ready: true,
            restartCount: 3,
            state: { running: {} },
            lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-02T03:01:05Z" } },
          },
        ],
      },
      ["1/1", "Running", "3 (3m ago)"],
    ],
    [
      "counts the init containers that are done",
      {
        phase: "Pending",
        initContainerStatuses: [
          { name: "i", state: { terminated: { exitCode: 0 } } },
          { name: "j", state: {} },
        ],
      },
      ["0/1", "Init:1/0", "0"],
    ],
    [
      "names the exit code of an init container",
      { phase: "Pending", initContainerStatuses: [{ name: "i", state: { terminated: { exitCode: 2 } } }] },
      ["0/1", "Init:ExitCode:2", "0"],
    ],
  ])("%s", (_, status, cells) => {
    expect(pod(status)).toEqual(cells);
  });
});

describe("tables", () => {
  it("of deployments show ready and wanted pods", () => {
    const deployment = {
      metadata,
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "x" } },
        template: { spec: { containers: [{ name: "c", image: "i" }] } },
      },
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
    };
    expect(cellsOf("apps", "Deployment", deployment)).toEqual(["a", "2/3", 3, 2, "60s", "c", "i", "app=x"]);
  });

  it("of services show ports and addresses", () => {
    const spec = {
      type: "NodePort",
      clusterIPs: ["10.96.0.9"],
      ports: [{ port: 80, nodePort: 30080, protocol: "TCP" }],
    };
    expect(cellsOf("", "Service", { metadata, spec })).toEqual([
      "a",
      "NodePort",
      "10.96.0.9",
      "<none>",
      "80:30080/TCP",
      "60s",
      "<none>",
    ]);
  });

  it("have a cell for each column of every kind, whatever the object lacks", () => {
    for (const kind of kinds.kinds) {
      const table = tableOf(kind, [{}], { now }) as unknown as { columnDefinitions: []; rows: { cells: [] }[] };
      const least = table.columnDefinitions.length;
      expect([kind.kind, table.rows[0]?.cells.length], kind.kind).toEqual([
        kind.kind,
        kind.kind === "IPAddress" ? least + 1 : least,
      ]);
    }
  });

  it("hold as much of the object as was asked for", () => {
    const rowsWith = (includeObject: "None" | "Object" | "Metadata"): unknown =>
      tableOf(kindOf("", "ConfigMap"), [{ metadata, data: {} }], { now, includeObject })["rows"];
    expect(rowsWith("None")).toEqual([{ cells: ["a", 0, "60s"], object: null }]);
    expect(rowsWith("Object")).toMatchObject([{ object: { data: {} } }]);
    expect(rowsWith("Metadata")).toMatchObject([{ object: { kind: "PartialObjectMetadata", metadata } }]);
  });

  it("mark what only -o wide shows", () => {
    expect(columnsOf("Pod").filter(({ priority }) => priority === 1)).toHaveLength(4);
    expect(columnsOf("Role").map(({ name, type }) => `${name}:${type}`)).toEqual(["Name:string", "Created At:date"]);
  });
});

describe("the table of a custom resource", () => {
  const widget: Kind = { ...kindOf("", "ConfigMap"), group: "example.com", kind: "Widget", type: undefined };
  const object = { metadata, spec: { n: 3, list: ["p", "q"], when: "2026-01-02T03:04:00Z", flag: true } };

  function cellsWith(...columns: readonly (readonly [type: string, jsonPath: string])[]): readonly JsonValue[] {
    const customColumns = columns.map(([type, jsonPath]) => ({ name: "X", type, jsonPath }));
    const rows = tableOf(widget, [object], { now, customColumns })["rows"] as readonly { cells: JsonValue[] }[];
    return rows[0]?.cells ?? [];
  }

  it("follows the paths of its definition", () => {
    expect(
      cellsWith(
        ["integer", ".spec.n"],
        ["string", ".spec.n"],
        ["string", ".spec.list"],
        ["string", ".spec.list[0]"],
        ["boolean", ".spec.flag"],
        ["date", ".spec.when"],
        ["string", ".spec.missing"],
        ["integer", ".spec.flag"],
      ),
    ).toEqual(["a", 3, "3", '["p","q"]', "p", true, "5s", null, null]);
  });

  it("shows name and age without columns", () => {
    expect(cellsWith()).toEqual(["a", "60s"]);
  });
});
