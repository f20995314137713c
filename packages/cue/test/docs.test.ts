import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Context } from "../src/index.ts";
import { readScenario, show, valueOf } from "./scenario.ts";

const root = new URL("../../../", import.meta.url).pathname;
const sources = join(root, "packages/cue/src");
const catalogue = join(root, "docs/cue-errors.md");

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return path.endsWith(".ts") && !path.endsWith(".test.ts") ? [path] : [];
  });
}

describe("the catalogue of errors (docs/cue-errors.md)", () => {
  const text = readFileSync(catalogue, "utf8");

  it("has a section or a line for every code of the sources, and no others", () => {
    const inSources = new Set<string>();
    for (const file of filesBelow(sources))
      for (const [, code] of readFileSync(file, "utf8").matchAll(/\bcode: "([a-z ]+)"/g)) inSources.add(code!);
    const sections = [...text.matchAll(/^## `([a-z ]+)`$/gm)].map((match) => match[1]!);
    const causes = text.slice(text.indexOf("# Causes"), text.indexOf("# The errors"));
    const lines = [...causes.matchAll(/^\| `([a-z ]+)` \|/gm)].map((match) => match[1]!);
    expect([...sections, ...lines].toSorted()).toEqual([...inSources].toSorted());
  });

  it("shows what is really said (UPDATE=1 rewrites it; read what changes)", () => {
    const written = text.replaceAll(/```cue\n([\s\S]*?)```\n```text\n[\s\S]*?```/g, (_, source: string) => {
      const scenario = readScenario(source);
      const said = show(valueOf(scenario).validate({ concrete: true }), scenario);
      return `\`\`\`cue\n${source}\`\`\`\n\`\`\`text\n${said}\n\`\`\``;
    });
    if (process.env["UPDATE"]) writeFileSync(catalogue, written);
    else expect(text).toBe(written);
    expect(written.match(/```text\n\n?```/g)).toBeNull();
  });

  it("shows each code in the example of its section", () => {
    for (const section of text.split(/^## /m).slice(1)) {
      const code = /^`([a-z ]+)`/.exec(section)?.[1];
      const source = /```cue\n([\s\S]*?)```/.exec(section)?.[1];
      if (code === undefined || source === undefined) continue;
      const codes = valueOf(readScenario(source))
        .validate({ concrete: true })
        .map((diagnostic) => diagnostic.code);
      expect(codes, code).toContain(code);
    }
  });
});

describe("exported names", () => {
  it.each(["index.ts", "openapi/index.ts"])("of %s are documented where they are declared", (entry) => {
    const path = join(sources, entry);
    for (const [name, file] of exportsOf(path)) {
      const declared = readFileSync(file, "utf8");
      // What is only passed on is documented where it comes from.
      if (new RegExp(`^export (?:type )?\\{[^}]*\\b${name}\\b`, "m").test(declared)) continue;
      const at = declared.search(
        new RegExp(`^export (?:abstract )?(?:class|interface|type|function|const) ${name}\\b`, "m"),
      );
      expect(at, `${name} in ${file}`).toBeGreaterThanOrEqual(0);
      expect(declared.slice(0, at).trimEnd().endsWith("*/"), `${name} has a comment`).toBe(true);
    }
  });

  it("of values have a comment each", () => {
    const text = readFileSync(join(sources, "value.ts"), "utf8");
    const body = text.slice(text.indexOf("export interface Value {"), text.indexOf("\n}\n"));
    const members = [...body.matchAll(/^ {2}(?:readonly )?([a-zA-Z]+)(?:\(|:)/gm)];
    expect(members.length).toBeGreaterThan(25);
    for (const match of members) {
      const before = body.slice(0, match.index).trimEnd();
      expect(before.endsWith("*/"), `Value.${match[1]!}`).toBe(true);
    }
  });
});

/** Names that a file exports by name, with the files that declare them. */
function exportsOf(path: string): (readonly [name: string, file: string])[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g)].flatMap(([, names, from]) => {
    const file = join(path, "..", from!);
    return names!
      .split(",")
      .map((name) => name.replace(/^\s*type\s/, "").trim())
      .filter((name) => name !== "")
      .map((name) => [name, file.endsWith("/index.ts") ? declaringFile(file, name) : file] as const);
  });
}

function declaringFile(index: string, name: string): string {
  const found = exportsOf(index).find(([known]) => known === name);
  if (found === undefined) throw new Error(`${index} does not export ${name}`);
  return found[1];
}

describe("the README's example", () => {
  it("does what it says", () => {
    const text = readFileSync(join(root, "packages/cue/README.md"), "utf8");
    expect(text).toContain('value.lookupPath("url").toJSON();        // "web:80"');
    const template = new Context().compile(
      'parameter: {name: string, port: *80 | int}\nurl: "\\(parameter.name):\\(parameter.port)"',
    );
    const value = template.fillPath("parameter", { name: "web" });
    expect(value.validate({ concrete: true })).toEqual([]);
    expect(value.lookupPath("url").toJSON()).toBe("web:80");
  });
});
