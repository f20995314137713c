import { fieldNotAllowed } from "./errors.ts";
import { type Label, isLet } from "./label.ts";
import { firstMentioned } from "./mention.ts";
import { type Run, LimitError } from "./run.ts";
import { unify } from "./unify.ts";
import { type Bottom, bottom, combineBottoms, isFatal } from "./values.ts";
import { type Vertex, evaluated, finalized, member, optional, target } from "./vertex.ts";

/**
 * Works off a vertex and everything below it, with a stack of its own: data may be as deep as the budget allows. A fatal
 * error of a field, hidden or not, makes the structs around it invalid too. `first error` goes no further than to one.
 */
export function finalize(run: Run, root: Vertex, until: "all" | "first error" = "all"): void {
  const stack: Frame[] = [];
  const enter = (vertex: Vertex): void => {
    unify(run, vertex);
    const holder = target(vertex);
    if (holder !== vertex && (stack.some((frame) => frame.vertex === holder) || isHoldingTrial(run, holder))) {
      vertex.shared = undefined;
      vertex.bottom = bottom({ code: "structural cycle", message: "structural cycle", vertex });
      return;
    }
    if (holder.status !== evaluated) return;
    if (stack.length >= run.depthLimit) throw new LimitError(`nested deeper than ${run.depthLimit}`, vertex);
    holder.status = finalized;
    stack.push({ vertex: holder, next: 0 });
  };
  try {
    enter(root);
    const error = walk(stack, enter, until);
    if (error !== undefined) target(root).childError ??= error;
    reopen(stack);
  } catch (error) {
    reopen(stack);
    throw error;
  }
  if (root.childError === undefined && root.shared !== undefined) root.childError = target(root).childError;
}

/** A disjunct that holds what is being completed around it would go on for ever. */
function isHoldingTrial(run: Run, holder: Vertex): boolean {
  return run.trials > 0 && holder.status === finalized && !holder.isComplete;
}

interface Frame {
  readonly vertex: Vertex;
  next: number;
}

/** Whoever goes on from here must not find half of it done. */
function reopen(stack: readonly Frame[]): void {
  for (const { vertex } of stack) if (vertex.status === finalized) vertex.status = evaluated;
}

function walk(stack: Frame[], enter: (vertex: Vertex) => void, until: "all" | "first error"): Bottom | undefined {
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { vertex } = frame;
    const arc = vertex.isVoid ? undefined : vertex.arcs[frame.next++];
    if (arc === undefined) {
      stack.pop();
      complete(vertex);
      const error = until === "all" ? undefined : errorWithin(vertex);
      if (error !== undefined && error.isNotAllowed !== true) return error;
      continue;
    }
    if (arc.arcType === optional || isLet(arc.label)) continue;
    enter(arc);
  }
  return undefined;
}

/** Gathers what is wrong in the fields of a vertex. */
function complete(vertex: Vertex): void {
  vertex.isComplete = true;
  if (vertex.isVoid) return;
  let wrong: Map<Label, Bottom> | undefined;
  for (const arc of vertex.arcs) {
    if (arc.arcType === optional || isLet(arc.label)) continue;
    const error = errorOfField(arc);
    if (error === undefined) continue;
    if (!isFatal(error)) vertex.openChild = combineBottoms(vertex.openChild, error);
    else if (error.isNotAllowed === true) vertex.childError = error;
    else (wrong ??= new Map()).set(arc.label, error);
  }
  if (wrong !== undefined) vertex.childError = firstOf(vertex, wrong);
  vertex.childError = excessError(vertex) ?? vertex.childError;
}

function firstOf(vertex: Vertex, wrong: ReadonlyMap<Label, Bottom>): Bottom {
  const [first] = wrong.values();
  const label = wrong.size > 1 ? firstMentioned(vertex, wrong) : undefined;
  return label === undefined ? first! : wrong.get(label)!;
}

/** Fields that are not allowed count least: where something else is wrong nobody minds them. */
function excessError(vertex: Vertex): Bottom | undefined {
  if (vertex.excess === undefined || vertex.bottom !== undefined) return undefined;
  if (vertex.childError !== undefined && vertex.childError.isNotAllowed !== true) {
    for (const arc of vertex.excess) if (errorOfField(arc) === undefined) refuseFields(arc);
    return undefined;
  }
  let all: Bottom | undefined;
  for (const arc of vertex.excess) {
    const known = errorOfField(arc);
    if (known !== undefined && known.isNotAllowed !== true && (isFatal(known) || arc.bottom !== undefined)) continue;
    arc.bottom = fieldNotAllowed(arc);
    refuseBelow(arc);
    if (arc.arcType !== optional) all = combineBottoms(all, arc.bottom);
  }
  return all;
}

/** What a field holds that is not allowed is not allowed either. */
function refuseBelow(root: Vertex): void {
  const stack = [root];
  for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop())
    for (const arc of vertex.arcs) {
      if (arc.arcType !== member || isLet(arc.label) || arc.bottom !== undefined || arc.shared !== undefined) continue;
      arc.bottom = fieldNotAllowed(arc);
      stack.push(arc);
    }
}

/** Where something else goes first, what the field holds is refused alone. */
function refuseFields(vertex: Vertex): void {
  if (vertex.shared !== undefined) return;
  for (const arc of vertex.arcs)
    if (arc.arcType === member && !isLet(arc.label) && arc.shared === undefined) arc.bottom = fieldNotAllowed(arc);
}

/** What a field contributes to the errors of the struct around it, incomplete ones included. */
function errorOfField(vertex: Vertex): Bottom | undefined {
  const holder = target(vertex);
  const own = vertex.bottom ?? holder.bottom;
  const child = holder.childError;
  if (own === undefined || child === undefined) return own ?? child;
  if (holder.isToldEarly) return isFatal(own) ? own : { ...own, code: child.code };
  if (!isFatal(own)) return child;
  return own.isNotAllowed === true ? own : combineBottoms(child, own);
}

/** The fatal error of a vertex: its own, one of its fields, or both. */
export function errorWithin(vertex: Vertex): Bottom | undefined {
  const error = errorOfField(vertex);
  return error !== undefined && isFatal(error) ? error : undefined;
}
