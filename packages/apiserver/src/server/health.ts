import type { Answer } from "../answer/answer.ts";
import type { Query } from "../request/query.ts";
import { PageNotFound } from "../status/errors.ts";

const roots = new Set(["healthz", "livez", "readyz"]);

export function isHealthPath(segments: readonly string[]): boolean {
  return roots.has(segments[0] ?? "");
}

/** `/healthz`, `/livez`, `/readyz` and their single checks, for any method. */
export function answerHealth(segments: readonly string[], query: Query, ready: boolean): Answer {
  const [root = "", check, ...more] = segments;
  const checks: readonly (readonly [name: string, ok: boolean])[] = [
    ["ping", true],
    ["log", true],
    ["store", true],
    ...(root === "readyz" ? [["bootstrap", ready] as const] : []),
  ];
  const excluded = query.all("exclude");
  if (check !== undefined) {
    const one = checks.find(([name]) => name === check);
    if (one === undefined || more.length > 0) throw new PageNotFound(segments.join("/"));
    return { kind: "text", status: one[1] ? 200 : 500, text: one[1] ? "ok" : `[-]${check} failed: not ready\n` };
  }
  const failing = checks.filter(([name, ok]) => !ok && !excluded.includes(name));
  const lines = checks.map(([name, ok]) =>
    excluded.includes(name)
      ? `[+]${name} excluded: ok\n`
      : ok
        ? `[+]${name} ok\n`
        : `[-]${name} failed: reason withheld\n`,
  );
  if (failing.length > 0) return { kind: "text", status: 500, text: `${lines.join("")}${root} check failed\n` };
  return { kind: "text", status: 200, text: query.has("verbose") ? `${lines.join("")}${root} check passed\n` : "ok" };
}
