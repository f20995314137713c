/**
 * Where in which definition a leaf of a rendered object was written: by the component's template, by a trait that made
 * or patched the object, by a policy, or by Lateen itself, which names and labels what it delivers. Stages are looked
 * through from the last to the first; the one that gave the leaf its value is asked by `Value.explainLeaves`.
 */
import { type JsonValue, type Pos, jsonEquals } from "@lateen/base";
import type { Conjunct, Leaf, Value } from "@lateen/cue";
import type { KubeObject } from "@lateen/objects";
import { type Tree, fieldName, knownJson, tagsOf } from "@lateen/workflow";
import { sourceOf } from "../definition/definition-set.ts";
import type { RenderStage } from "../render/record.ts";
import { cuePath } from "../render/template.ts";
import { type Path, valueAtPath } from "./leaves.ts";

/** Who wrote a leaf. */
export interface Author {
  readonly kind: "component" | "trait" | "policy" | "step" | "lateen";
  /** Type of the component, trait or policy; empty for the others. */
  readonly type: string;
  /** Index of the trait in its component. */
  readonly traitIndex?: number;
}

export interface Site {
  readonly by: Author;
  /** In the definition's file, or in the definition where it names none. */
  readonly pos?: Pos | undefined;
  /** What stands there, on one line; a rule in words where Lateen wrote it. */
  readonly text: string;
  /** The conditions and loops around it. */
  readonly within: readonly string[];
}

/** One object, by the stages of its rendering. */
export interface Subject {
  readonly stages: readonly RenderStage[];
  /** Name of the output; undefined for the component's main object. */
  readonly output: string | undefined;
}

type TreeStage = Exclude<RenderStage, { kind: "policy" }>;

const isTreeStage = (stage: RenderStage): stage is TreeStage => stage.kind !== "policy";

/** Explains leaves; what it learns of a value it keeps for the next leaf. */
export class SiteFinder {
  readonly #leaves = new Map<Value, Map<string, readonly Leaf[]>>();
  readonly #known = new Map<Tree, JsonValue | undefined>();
  readonly #explained = new Map<Value, Map<string, readonly Conjunct[]>>();

  /** Where a leaf of a component's object was written. */
  ofLeaf({ stages, output }: Subject, path: Path, value: JsonValue): Site {
    const turns = stages.filter(isTreeStage);
    const trees = turns.map(({ base, outputs }) => (output === undefined ? base : outputs.get(output)));
    const last = trees.findLastIndex((tree) => tree !== undefined);
    if (last < 0 || !this.#has(trees[last], path, value)) return lateenSite(path);
    let at = last;
    while (at > 0 && this.#has(trees[at - 1], path, value)) at--;
    const turn = turns[at]!;
    const root =
      output === undefined ? (at === 0 ? "output" : "patch") : trees[at - 1] === undefined ? "outputs" : "patchOutputs";
    const found = this.#inStage(turn, { root, output, path, value });
    if (found !== undefined) return found;
    // A patch has moved what an earlier stage wrote.
    for (let earlier = at - 1; earlier >= 0; earlier--) {
      const from =
        output === undefined
          ? earlier === 0
            ? "output"
            : "patch"
          : trees[earlier - 1] === undefined
            ? "outputs"
            : "patchOutputs";
      const moved = this.#inStage(turns[earlier]!, { root: from, output, path, value });
      if (moved !== undefined) return moved;
    }
    return this.#wholeStage(turn, root);
  }

  /** Where a leaf of a policy's object was written. */
  ofPolicyLeaf(
    stage: Extract<RenderStage, { kind: "policy" }>,
    root: string,
    { path, value }: { path: Path; value: JsonValue },
  ): Site {
    const [head, name] = root === "output" ? ["output", undefined] : ["outputs", root];
    return this.#inStage(stage, { root: head!, output: name, path, value }) ?? this.#wholeStage(stage, head!);
  }

  #has(tree: Tree | undefined, path: Path, value: JsonValue): boolean {
    if (tree === undefined) return false;
    if (!this.#known.has(tree)) this.#known.set(tree, knownJson(tree));
    const found = valueAtPath(this.#known.get(tree), path);
    return found !== undefined && jsonEquals(found, value);
  }

  #inStage(
    stage: RenderStage,
    wanted: {
      readonly root: string;
      readonly output: string | undefined;
      readonly path: Path;
      readonly value: JsonValue;
    },
  ): Site | undefined {
    if (stage.kind === "step")
      return { by: authorOf(stage), text: "the patch that the workflow step brings", within: [] };
    const { root, output, path, value } = wanted;
    const field = output === undefined || root === "output" || root === "patch" ? root : cuePath([root, output]);
    if (root === "patch") {
      const strategy = tagsOf(stage.value.lookupPath(field).doc)?.get("patchStrategy");
      if (strategy === "jsonPatch") return this.#inOperations(stage, path);
    }
    const best = nearestLeaf(this.#leavesOf(stage.value, field), { path, value });
    return best === undefined ? undefined : this.#siteAt(stage, best);
  }

  /** The last operation of a JSON patch whose pointer leads to the leaf or to what holds it. */
  #inOperations(stage: Exclude<RenderStage, { kind: "step" }>, path: Path): Site | undefined {
    const leaves = this.#leavesOf(stage.value, "patch");
    const found = leaves.findLast((leaf) => {
      if (leaf.path.at(-1) !== "path" || leaf.path[1] !== "operations") return false;
      const pointer = pointerOf(leaf.value);
      return pointer !== undefined && pointer.every((part, index) => part === "-" || part === String(path[index]));
    });
    return found === undefined ? undefined : this.#siteAt(stage, found);
  }

  #leavesOf(value: Value, field: string): readonly Leaf[] {
    let fields = this.#leaves.get(value);
    if (fields === undefined) this.#leaves.set(value, (fields = new Map()));
    let leaves = fields.get(field);
    if (leaves === undefined) fields.set(field, (leaves = value.explainLeaves(field)));
    return leaves;
  }

  #explain(value: Value, path: Path): readonly Conjunct[] {
    let paths = this.#explained.get(value);
    if (paths === undefined) this.#explained.set(value, (paths = new Map()));
    const text = selectorPath(path);
    let found = paths.get(text);
    if (found === undefined) paths.set(text, (found = value.explain(text)));
    return found;
  }

  /** The line that says it: of the leaf itself, or, where data came whole, of the field above that took it over. */
  #siteAt(stage: Exclude<RenderStage, { kind: "step" }>, leaf: Leaf): Site | undefined {
    const { source } = sourceOf(stage.definition);
    const isWritten = ({ pos, role }: Conjunct): boolean => pos?.source === source && role !== "constraint";
    const own = leaf.conjuncts.filter(isWritten);
    const chosen = own.find(({ isChosen }) => isChosen) ?? own[0];
    if (chosen !== undefined) return siteOf(stage, chosen);
    for (let length = leaf.path.length - 1; length > 0; length--) {
      const above = this.#explain(stage.value, leaf.path.slice(0, length)).filter(isWritten);
      const taking = above.find(({ role }) => role === "reference" || role === "computed") ?? above[0];
      if (taking !== undefined) return siteOf(stage, taking);
    }
    return undefined;
  }

  #wholeStage(stage: RenderStage, root: string): Site {
    if (stage.kind === "step")
      return { by: authorOf(stage), text: "the patch that the workflow step brings", within: [] };
    const [conjunct] = this.#explain(stage.value, [root]);
    return conjunct === undefined ? { by: authorOf(stage), text: root, within: [] } : siteOf(stage, conjunct);
  }
}

function authorOf(stage: RenderStage): Author {
  switch (stage.kind) {
    case "base":
      return { kind: "component", type: stage.component.type };
    case "trait":
      return { kind: "trait", type: stage.component.traits[stage.index]?.type ?? "", traitIndex: stage.index };
    case "policy":
      return { kind: "policy", type: stage.policy.type };
    case "step":
      return { kind: "step", type: "" };
  }
}

function siteOf(stage: Exclude<RenderStage, { kind: "step" }>, { pos, text, via }: Conjunct): Site {
  const within = via.filter(({ kind }) => kind === "comprehension").map((step) => step.text);
  return { by: authorOf(stage), pos: definitionPos(stage.definition, pos), text: oneLine(text), within };
}

/** A place of the template as one of the file that the definition was read from. */
export function definitionPos(definition: KubeObject, pos: Pos | undefined): Pos | undefined {
  if (pos === undefined) return undefined;
  const { source, lineOffset } = sourceOf(definition);
  return pos.source === source || pos.source === "template" ? { ...pos, source, line: pos.line + lineOffset } : pos;
}

const maxText = 80;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > maxText ? `${line.slice(0, maxText - 1)}…` : line;
}

/** CUE's notation of a path with list elements: `spec.ports[0]."a-b"`. */
function selectorPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${cuePath([part])}`;
  }
  return text;
}

function pointerOf(text: string): readonly string[] | undefined {
  try {
    const pointer: unknown = JSON.parse(text);
    if (typeof pointer !== "string" || !pointer.startsWith("/")) return undefined;
    return pointer
      .slice(1)
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return undefined;
  }
}

/** The leaf that stands for another one of the object: of the same fields, at the same place and of the same value if there is one. */
function nearestLeaf(leaves: readonly Leaf[], { path, value }: { path: Path; value: JsonValue }): Leaf | undefined {
  const text = JSON.stringify(value);
  let best: Leaf | undefined;
  let bestScore = -1;
  for (const leaf of leaves) {
    const inner = leaf.path.slice(leaf.path.length - path.length);
    const isSame = leaf.path.length >= path.length && inner.every((part, index) => matches(part, path[index]!));
    if (!isSame) continue;
    const score = (leaf.value === text ? 2 : 0) + (inner.every((part, index) => part === path[index]) ? 1 : 0);
    if (score > bestScore) [best, bestScore] = [leaf, score];
  }
  return best;
}

const matches = (left: string | number, right: string | number): boolean =>
  typeof left === "number" ? typeof right === "number" : left === right || fieldName(left) === right;

function lateenSite(path: Path): Site {
  return { by: { kind: "lateen", type: "" }, text: lateenRule(path), within: [] };
}

function lateenRule(path: Path): string {
  const [, field, key] = path;
  if (path[0] !== "metadata") return "a reference to the component's main object (workloadRefPath of the trait)";
  switch (field) {
    case "name":
      return "name of the component, or made of it, the trait and what the object says";
    case "namespace":
      return "namespace of the Application, or of its placement";
    case "annotations":
      return "annotation of the Application";
    case "labels":
      return /^(?:app|workload|trait)\.oam\.dev\//.test(String(key))
        ? "label by which Lateen finds its objects again"
        : "label of the Application";
    default:
      return "written by Lateen";
  }
}
