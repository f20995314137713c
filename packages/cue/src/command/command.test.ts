import { describe, expect, it } from "vitest";
import { memoryTree, runCommand } from "./index.ts";

const module = ["cue.mod/module.cue", 'module: "m.test"\nlanguage: version: "v0.9.0"\n'] as const;

function run(files: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  const held = new Map(Object.entries(files));
  return { ...runCommand(argv, memoryTree(held)), files: held };
}

const schema = { "a.cue": 'package a\n\n#S: {\n\tn: int\n}\nx: #S & {n: 1}\ns: "text"\n' };

describe("export", () => {
  it.each([
    [["export"], '{\n    "x": {\n        "n": 1\n    },\n    "s": "text"\n}\n'],
    [["export", "--out", "yaml", "a.cue"], 'x:\n  "n": 1\ns: text\n'],
    [["export", "--out=cue"], 'x: n: 1\ns: "text"\n'],
    [["export", "-e", "x", "-e", "s"], '{\n    "n": 1\n}\n"text"\n'],
    [["export", "-es", "--out", "text"], "text\n"],
    [["export", "--out", "json+compact", "-e", "x.n + 1"], "2\n"],
  ] as const)("%j", (argv, stdout) => {
    expect(run(schema, ...argv)).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  it("joins data, at its place", () => {
    const files = { ...schema, "d.yaml": "kind: K\nn: 2\n---\nkind: L\nn: 3\n" };
    expect(run(files, "export", "--out", "json+compact", "-l", "kind", "-l", '"in":', "d.yaml").stdout).toBe(
      '{"K":{"in":{"kind":"K","n":2}},"L":{"in":{"kind":"L","n":3}}}\n',
    );
    expect(run({ ...schema, "e.json": '{"s": "text", "y": 1}' }, "export", "a.cue", "e.json", "-e", "y").stdout).toBe(
      "1\n",
    );
  });

  it("imports the packages of its module", () => {
    const files = {
      [module[0]]: module[1],
      "a.cue": 'package a\nimport "m.test/p"\nx: p.y',
      "p/p.cue": "package p\ny: 1",
    };
    expect(run(files, "export", "-e", "x").stdout).toBe("1\n");
    expect(run(files, "export", "./p", "--out", "json+compact").stdout).toBe('{"y":1}\n');
    expect(run(files, "export", "m.test/p", "--out", "json+compact").stdout).toBe('{"y":1}\n');
  });

  it("writes to a file, but over none without being told to", () => {
    const first = run(schema, "export", "-o", "out.yaml");
    expect(first.files.get("out.yaml")).toBe('x:\n  "n": 1\ns: text\n');
    const again = { ...schema, "out.yaml": "" };
    expect(run(again, "export", "-o", "out.yaml")).toMatchObject({ code: 1, stdout: "" });
    expect(run(again, "export", "-f", "-o", "out.yaml").code).toBe(0);
  });

  it("tells what is missing, and where", () => {
    expect(run({ "a.cue": "x: string" }, "export", "a.cue")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "x: incomplete value string:\n    ./a.cue:1:4\n",
    });
  });
});

describe("eval, def, vet, fmt and import", () => {
  it("eval shows what is, def what was written", () => {
    expect(run(schema, "eval").stdout).toBe('#S: n: int\nx: n:  1\ns: "text"\n');
    expect(run(schema, "def").stdout).toBe('package a\n\n#S: n: int\nx: #S & {n: 1}\ns: "text"\n');
  });

  it("vet checks each document against a schema", () => {
    const files = { ...schema, "d.jsonl": '{"n": 1}\n{"n": "x"}\n' };
    expect(run(files, "vet", ".", "d.jsonl", "-d", "#S")).toMatchObject({
      code: 1,
      stderr:
        'n: conflicting values "x" and int (mismatched types string and int):\n    ./a.cue:4:5\n    ./d.jsonl:2:7\n',
    });
    expect(run({ ...schema, "d.json": '{"n": 1}' }, "vet", ".", "d.json", "-d", "#S").code).toBe(0);
    expect(run({ "a.cue": "x: int" }, "vet").code).toBe(1);
    expect(run({ "a.cue": "x: int" }, "vet", "-c=false").code).toBe(0);
  });

  it("fmt writes what is not formatted, and only names it with --check", () => {
    const files = { "a.cue": "a:1\n", "b.cue": "b: 1\n" };
    expect(run(files, "fmt", "--check", ".")).toMatchObject({ code: 1, stdout: "a.cue\n" });
    expect(run(files, "fmt").files.get("a.cue")).toBe("a: 1\n");
  });

  it("import makes CUE of data beside it", () => {
    expect(run({ "a.yaml": "a: {b: 1}\n" }, "import", "-p", "p", "a.yaml").files.get("a.cue")).toBe(
      "package p\n\na: b: 1\n",
    );
    expect(run({ "a.yaml": "a: 1\n---\na: 2\n" }, "import", "a.yaml").code).toBe(1);
    expect(run({ "a.yaml": "a: 1\n---\na: 2\n" }, "import", "--list", "-o", "-", "a.yaml").stdout).toBe(
      "[{a: 1}, {a: 2}]\n",
    );
  });

  it("refuses what it does not know", () => {
    expect(run({}, "mod", "tidy")).toMatchObject({ code: 1, stderr: 'unknown command "mod" for "cue"\n' });
    expect(run(schema, "eval", "--nope")).toMatchObject({ code: 1, stderr: "unknown flag: --nope\n" });
    expect(run(schema, "eval", "x.textproto").code).toBe(1);
    expect(run(schema, "constructor").code).toBe(1);
  });
});
