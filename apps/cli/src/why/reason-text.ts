import { type Pos, formatPath, formatPos } from "@lateen/base";
import {
  type ExplainedLeaf,
  type ExplainedObject,
  type Reason,
  type Site,
  nearestReasons,
} from "@lateen/delivery/pure";
import type { Manifest } from "../manifests.ts";

/** The line of a field in the file that a person wrote; undefined without a file, and for what is in none. */
export type PlaceOf = (path: readonly (string | number)[]) => Pos | undefined;

/** Places in a manifest; what the command added to it (a namespace) has none. */
export function placeIn({ object, positionOf }: Manifest): PlaceOf {
  return (path) => {
    let at: unknown = object;
    for (const part of path) {
      if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
      at = (at as Record<string | number, unknown>)[part];
    }
    return positionOf(path);
  };
}

/** `component webservice at definitions/components/webservice.cue:92`: who wrote a leaf, and where. */
export function siteText({ by, pos, text }: Site): string {
  if (by.kind === "lateen") return text;
  const who = by.kind === "step" ? "" : `${by.kind} ${by.type}`;
  return [who, pos === undefined ? "" : formatPos(pos), pos === undefined ? text : `\`${text}\``]
    .filter((part) => part !== "")
    .join(" ");
}

export function reasonText(reason: Reason, placeOf: PlaceOf): string {
  const { path, isGiven, of, declared } = reason;
  const pos = isGiven ? placeOf(path) : undefined;
  const [context, name] = path;
  const field = context === "context" ? `context ${String(name)}` : formatPath(path);
  if (isGiven || context === "context")
    return pos === undefined ? `${field} (${of})` : `${formatPos(pos)} ${field} (${of})`;
  const rule = [declared?.type, declared?.pos === undefined ? undefined : `at ${formatPos(declared.pos)}`];
  const known = rule.filter((part) => part !== undefined).join(" ");
  return `${field} is not given${known === "" ? "" : `: ${known}`} (${of})`;
}

const mostReasons = 3;

/** A field and whether it is given: reasons of two leaves are the same by it. */
const keyOf = ({ path }: Reason): string => formatPath(path);

/** What all leaves of an object depend on: that there is such an object at all. */
export function sharedReasons({ leaves }: ExplainedObject): readonly Reason[] {
  const [first, ...others] = leaves.map(({ reasons }) => nearestReasons(reasons));
  if (first === undefined || others.length === 0) return [];
  const known = others.map((reasons) => new Set(reasons.map(keyOf)));
  return first.filter((reason) => !isType(reason) && known.every((keys) => keys.has(keyOf(reason))));
}

const isType = ({ path }: Reason): boolean => path.at(-1) === "type" && path.at(-2) !== "properties";

/** A leaf's reasons on one line: where it was written, then the fields that it depends on, without those of all leaves. */
export function lineText(leaf: ExplainedLeaf, shared: readonly Reason[], placeOf: PlaceOf): string {
  const all = new Set(shared.map(keyOf));
  const own = nearestReasons(leaf.reasons).filter(
    (reason) => !isType(reason) && reason.kind !== "context" && !all.has(keyOf(reason)),
  );
  const given = own.filter(({ isGiven }) => isGiven);
  return [siteText(leaf.site), ...dependsText(given.length > 0 ? given : own, placeOf)].join(" ");
}

/** `← image app.yaml:9:16, …`, or nothing. */
export function dependsText(reasons: readonly Reason[], placeOf: PlaceOf): readonly string[] {
  if (reasons.length === 0) return [];
  const texts = [...new Set(reasons.map((reason) => shortText(reason, placeOf)))];
  const more = texts.length > mostReasons ? [`${texts.length - mostReasons} more`] : [];
  return [`← ${[...texts.slice(0, mostReasons), ...more].join(", ")}`];
}

function shortText(reason: Reason, placeOf: PlaceOf): string {
  const { path, isGiven, of } = reason;
  const pos = isGiven ? placeOf(path) : undefined;
  const name = String(path.findLast((part) => typeof part === "string") ?? "");
  if (reason.kind === "policy") return `${of}${pos === undefined ? "" : ` ${formatPos(pos)}`}`;
  if (!isGiven) return `${name} not given`;
  return pos === undefined ? formatPath(path) : `${name} ${formatPos(pos)}`;
}
