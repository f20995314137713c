/**
 * Which fields of an Application an object's leaves depend on: the renderer is asked. Each field is changed in each way
 * that `inputs.ts` knows, and what then differs depends on it: through templates, traits, policies and overrides alike,
 * for it is the rendering itself that answers. A change that is refused tells nothing.
 */
import { type JsonValue, canonicalJson } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { appOf } from "../application/application.ts";
import { dryContext } from "../application/dry-context.ts";
import { templateOf } from "../definition/definition-set.ts";
import { type DryRun, type DryRunOptions, dryRun } from "../dry-run.ts";
import { readsContext } from "../render/context.ts";
import { withFieldAt, withoutFieldAt } from "../render/field-path.ts";
import { oamLabels } from "../render/metadata.ts";
import { type Input, inputsOf } from "./inputs.ts";
import { type Path, leavesOf } from "./leaves.ts";

/** An object of a dry run, named by what made it, so that it is found again where its own name has changed. */
export interface MadeObject {
  readonly key: string;
  readonly group: DryRun["groups"][number];
  /** Within the group. */
  readonly index: number;
  readonly object: KubeObject;
}

export function madeObjects({ groups }: Pick<DryRun, "groups">, application: KubeObject): readonly MadeObject[] {
  const positions = new Map(appOf(application).components.map(({ name }, index) => [name, index]));
  const seen = new Map<string, number>();
  const numbered = (key: string): string => {
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return `${key}#${count}`;
  };
  return groups.flatMap((group) => {
    // The steps of a default workflow are called as their components are.
    const step = group.step === group.component ? "" : group.step;
    const part = numbered(`${step}/${positions.get(group.component) ?? group.component}`);
    return group.objects.map((object, index) => {
      const labels = object.metadata.labels ?? {};
      const by = [labels[oamLabels.traitType] ?? "", labels[oamLabels.traitResource] ?? ""];
      return { key: numbered([part, object.kind, ...by].join("/")), group, index, object };
    });
  });
}

export const leafKey = (object: string, path: Path): string => `${object}\n${JSON.stringify(path)}`;

type Picture = ReadonlyMap<string, string>;

/** Each leaf of each object, by object and path. */
export function pictureOf(run: Pick<DryRun, "groups">, application: KubeObject): Picture {
  const picture = new Map<string, string>();
  for (const { key, object } of madeObjects(run, application))
    for (const { path, value } of leavesOf(object as unknown as JsonValue))
      picture.set(leafKey(key, path), canonicalJson(value));
  return picture;
}

export interface InfluenceOptions extends Omit<DryRunOptions, "stages" | "diagnosis"> {
  /** Renderings that may be made, at most; a field that comes too late is not asked about. */
  readonly limit?: number;
  /** Told before each rendering, for tests that count. */
  readonly onRender?: () => void;
}

export interface Influence {
  /** Fields by `leafKey`, in their order. */
  readonly byLeaf: ReadonlyMap<string, readonly Input[]>;
  readonly renderings: number;
  /** All fields were asked about. */
  readonly isComplete: boolean;
}

const defaultLimit = 50_000;

export function influenceOf(options: InfluenceOptions): Influence {
  const { application, definitions, limit = defaultLimit } = options;
  const whole = dryRun({ ...options, diagnosis: "left out" });
  const before = pictureOf(whole, application);
  const alone = new Map<string, Picture>();
  const byLeaf = new Map<string, Input[]>();
  const shares = sharesComponents(options);
  let renderings = 0;
  let isComplete = true;
  for (const input of inputsOf(application, definitions)) {
    const only = shares ? undefined : ownComponent(input, application);
    if (only !== undefined && options.only?.has(only) === false) continue;
    // What concerns all components may be refused for one that is not asked about.
    const scope = only === undefined ? undefined : new Set([only]);
    const known = only === undefined ? before : (alone.get(only) ?? pictureFor(only));
    const changed = new Set<string>();
    for (const change of input.changes) {
      if (renderings >= limit) {
        isComplete = false;
        break;
      }
      renderings++;
      options.onRender?.();
      for (const key of differences(options, { input, change, known, only: scope })) changed.add(key);
    }
    for (const key of changed) {
      const found = byLeaf.get(key);
      if (found === undefined) byLeaf.set(key, [input]);
      else found.push(input);
    }
  }
  return { byLeaf, renderings, isComplete };

  function pictureFor(component: string): Picture {
    const groups = whole.groups.filter((group) => group.component === component);
    const picture = pictureOf({ groups }, application);
    alone.set(component, picture);
    return picture;
  }
}

interface Question {
  readonly input: Input;
  readonly change: JsonValue | undefined;
  readonly known: Picture;
  readonly only: ReadonlySet<string> | undefined;
}

/** The leaves of `known` that another value of the input changes or takes away. */
function differences(options: InfluenceOptions, { input, change, known, only }: Question): readonly string[] {
  const { application, context } = changed(options, input, change);
  const { only: _, ...rest } = options;
  const run = dryRun({ ...rest, ...(only === undefined ? {} : { only }), application, context, diagnosis: "left out" });
  if (run.diagnostics.some(({ severity }) => severity !== "warning")) return [];
  const groups = only === undefined ? run.groups : run.groups.filter(({ component }) => only.has(component));
  const now = pictureOf({ groups }, application);
  return [...known].flatMap(([key, value]) => (now.get(key) === value ? [] : [key]));
}

/** The Application, or what is known beside it, with one field changed. */
export function changed(
  { application, context = dryContext }: Pick<InfluenceOptions, "application" | "context">,
  { path }: Pick<Input, "path">,
  change: JsonValue | undefined,
): { readonly application: KubeObject; readonly context: typeof dryContext } {
  const [first, name] = path;
  if (first === "context") {
    if (name === "clusterVersion")
      return {
        application,
        context: { ...context, clusterVersion: { ...context.clusterVersion, minor: JSON.stringify(change ?? 0) } },
      };
    const status = withFieldAt((application.status ?? {}) as JsonValue, ["latestRevision", "name"], change ?? "");
    return { application: { ...application, status } as KubeObject, context };
  }
  const json = application as unknown as JsonValue;
  const next = change === undefined ? withoutFieldAt(json, path) : withFieldAt(json, path, change);
  return { application: next as unknown as KubeObject, context };
}

/** The component that alone a field is about. */
function ownComponent({ path }: Input, application: KubeObject): string | undefined {
  const [spec, components, index, name] = path;
  if (spec !== "spec" || components !== "components" || typeof index !== "number" || name === "name") return undefined;
  return appOf(application).components[index]?.name;
}

/** Whether a template sees other components than its own, or a policy makes one of another. */
function sharesComponents({ application, definitions }: InfluenceOptions): boolean {
  const app = appOf(application);
  const used = [
    ...app.components.flatMap(({ type, traits }) => [
      definitions.find("component", type, app.namespace),
      ...traits.map((trait) => definitions.find("trait", trait.type, app.namespace)),
    ]),
    ...app.policies.map(({ type }) => definitions.find("policy", type, app.namespace)),
  ];
  return used.some(
    (definition) => definition !== undefined && readsContext(templateOf(definition) ?? "", "components"),
  );
}
