import { fieldNotAllowed } from "./errors.ts";
import { isLet } from "./label.ts";
import { type Run, LimitError } from "./run.ts";
import { unify } from "./unify.ts";
import { type Bottom, bottom, isFatal } from "./values.ts";
import { type Vertex, evaluated, finalized, member, target } from "./vertex.ts";

/**
 * Works off a vertex and everything below it, with a stack of its own: data may be as deep as the budget allows. A fatal
 * error of a field, hidden or not, makes the structs around it invalid too.
 */
export function finalize(run: Run, root: Vertex): void {
  const stack: { readonly vertex: Vertex; next: number }[] = [];
  const enter = (vertex: Vertex): void => {
    unify(run, vertex);
    const holder = target(vertex);
    if (holder !== vertex && stack.some((frame) => frame.vertex === holder)) {
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
    walk(stack, enter);
  } catch (error) {
    // Whoever tries again must not find half of it done.
    for (const { vertex } of stack) if (vertex.status === finalized) vertex.status = evaluated;
    throw error;
  }
  if (root.childError === undefined && root.shared !== undefined) root.childError = target(root).childError;
}

function walk(stack: { readonly vertex: Vertex; next: number }[], enter: (vertex: Vertex) => void): void {
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { vertex } = frame;
    const arc = vertex.arcs[frame.next++];
    if (arc === undefined) {
      stack.pop();
      vertex.childError = firstError(vertex) ?? excessError(vertex) ?? vertex.childError;
      continue;
    }
    if (arc.arcType !== member || isLet(arc.label)) continue;
    enter(arc);
  }
}

function firstError(vertex: Vertex): Bottom | undefined {
  let excess: Bottom | undefined;
  for (const arc of vertex.arcs) {
    if (arc.arcType !== member || isLet(arc.label)) continue;
    const error = errorWithin(arc);
    if (error === undefined) continue;
    if (error.isNotAllowed !== true) return error;
    excess ??= error;
  }
  if (excess !== undefined) excessError(vertex);
  return excess;
}

/** Fields that are not allowed count least: where something else is wrong nobody minds them. */
function excessError(vertex: Vertex): Bottom | undefined {
  let first: Bottom | undefined;
  for (const arc of vertex.excess ?? []) {
    if (arc.bottom !== undefined && isFatal(arc.bottom)) continue;
    arc.bottom = fieldNotAllowed(arc);
    first ??= arc.bottom;
  }
  return first;
}

/** The fatal error of a vertex, its own or one of its fields. */
export function errorWithin(vertex: Vertex): Bottom | undefined {
  const holder = target(vertex);
  if (vertex.bottom !== undefined && isFatal(vertex.bottom)) return vertex.bottom;
  if (holder.bottom !== undefined && isFatal(holder.bottom)) return holder.bottom;
  return holder.childError;
}
