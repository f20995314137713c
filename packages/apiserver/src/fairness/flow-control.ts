import { codeOf, errorMessage, jsonEquals, type JsonObject, TaskGroup } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { builtinFlowControl } from "@lateen/objects/kinds";
import type { Attributes } from "../authz/attributes.ts";
import { objectsOf, specOf, statusOf, withStatusPart } from "../kinds/edit.ts";
import { decodeStored } from "../object/stored-form.ts";
import { ensure } from "../server/bootstrap.ts";
import type { Core } from "../server/core.ts";
import { internalRequest } from "../server/internal-request.ts";
import { timestamp } from "../write/metadata.ts";
import { changeObject } from "../write/update.ts";
import { countWait, FlowFigures } from "./flow-figures.ts";
import { type CompiledSchema, compileSchema, inOrder, levelLimitsOf } from "./flow-schemas.ts";
import { type Flow, NoSeat, Seats } from "./seats.ts";

const prefix = "/registry/flowcontrol.apiserver.k8s.io/";
const levelsPrefix = `${prefix}prioritylevelconfigurations/`;
const schemasPrefix = `${prefix}flowschemas/`;
/** How soon what the server suggests is there again. */
const restoreMs = 60_000;
/** A quarter of the time that a request has. */
const waitMs = 15_000;
const autoUpdate = "apf.kubernetes.io/autoupdate-spec";

const producer = "api-priority-and-fairness-config-producer-v1";
const consumer = "api-priority-and-fairness-config-consumer-v1";

interface Change {
  readonly fieldManager: string;
  readonly change: (live: KubeObject) => KubeObject;
  readonly subresource?: string;
}

export interface FairnessOptions {
  /** Requests that are worked on at once, of all priority levels; watches count only until their stream is open. */
  readonly inFlight?: number;
}

/** Where a request belongs, and the objects that say so. */
export interface FlowOfRequest extends Flow {
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Priority and fairness as the FlowSchemas and PriorityLevelConfigurations in the store say, followed: a write counts for the
 * next request. The suggested objects are made at the start; those that are deleted or changed (while they carry the annotation
 * that lets the server keep them) come back within a minute; each schema's condition `Dangling` says whether its level is there.
 */
export class FlowControl implements AsyncDisposable {
  readonly figures: FlowFigures;
  readonly #core: Core;
  readonly #seats: Seats;
  readonly #levels = new Map<string, KubeObject>();
  readonly #schemas = new Map<string, { readonly object: KubeObject; readonly compiled: CompiledSchema }>();
  readonly #tasks = new TaskGroup();
  readonly #end: () => void;
  /** The schemas whose level is there, in their order; undefined when they must be looked at again. */
  #inForce: readonly (CompiledSchema & { readonly headers: Readonly<Record<string, string>> })[] | undefined;
  #cancelRestore: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(core: Core, { inFlight = 600 }: FairnessOptions = {}) {
    this.#core = core;
    this.#seats = new Seats({ seats: inFlight, waitMs, clock: core.clock });
    this.figures = new FlowFigures(() => this.#seats.figures);
    const { entries, revision } = core.store.range(prefix);
    for (const entry of entries) this.#take(entry.key, decodeStored(entry));
    this.#end = core.store.subscribe(prefix, revision, (event) => {
      if (event.kind === "progress") return;
      this.#take(event.key, event.kind === "put" ? decodeStored(event) : undefined);
      this.#inForce = undefined;
      if (this.#round === undefined) this.#start();
      else this.#again = true;
    });
  }

  /** Makes what the server suggests, and every condition right. */
  async settle(): Promise<void> {
    await this.#restore();
    this.#start();
    while (this.#round !== undefined) await this.#round;
  }

  /** The first schema that names the request; undefined before any is there. */
  classify(asked: Attributes): FlowOfRequest | undefined {
    for (const schema of this.#schemasInForce()) {
      if (!schema.matches(asked)) continue;
      const { level, name, headers } = schema;
      return { level, schema: name, distinguisher: schema.distinguisher(asked), headers };
    }
    return undefined;
  }

  /** A seat for a request: the answer gives it back. @throws NoSeat. */
  enter(flow: Flow, signal: AbortSignal): (() => void) | Promise<() => void> {
    const counts = this.figures.of(flow);
    const seated = (leave: () => void): (() => void) => {
      counts.dispatched++;
      counts.executing++;
      return () => {
        counts.executing--;
        leave();
      };
    };
    const entered = this.#seats.enter(flow, signal);
    if (typeof entered === "function") {
      countWait(counts, 0);
      return seated(entered);
    }
    counts.waiting++;
    const since = this.#core.clock.now();
    const over = (): void => {
      counts.waiting--;
      countWait(counts, (this.#core.clock.now() - since) / 1000);
    };
    return entered.then(
      (leave) => {
        over();
        return seated(leave);
      },
      (error: unknown) => {
        over();
        if (error instanceof NoSeat) counts.rejected.set(error.reason, (counts.rejected.get(error.reason) ?? 0) + 1);
        throw error;
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#end();
    this.#cancelRestore?.();
    await this.#tasks[Symbol.asyncDispose]();
  }

  #take(key: string, object: KubeObject | undefined): void {
    if (key.startsWith(levelsPrefix)) {
      if (object === undefined) this.#levels.delete(key.slice(levelsPrefix.length));
      else this.#levels.set(key.slice(levelsPrefix.length), object);
    } else if (key.startsWith(schemasPrefix)) {
      if (object === undefined) this.#schemas.delete(key.slice(schemasPrefix.length));
      else this.#schemas.set(key.slice(schemasPrefix.length), { object, compiled: compileSchema(object) });
    }
  }

  #schemasInForce() {
    if (this.#inForce !== undefined) return this.#inForce;
    const all = [...this.#schemas.values()].map(({ compiled }) => compiled);
    this.#inForce = inOrder(all)
      .filter(({ level }) => this.#levels.has(level))
      .map((schema) => ({
        ...schema,
        headers: {
          "x-kubernetes-pf-flowschema-uid": schema.uid,
          "x-kubernetes-pf-prioritylevel-uid": this.#levels.get(schema.level)!.metadata.uid ?? "",
        },
      }));
    this.#seats.configure([...this.#levels.values()].map(levelLimitsOf));
    this.figures.keep(new Set(this.#schemas.keys()));
    return this.#inForce;
  }

  #start(): void {
    if (this.#closed || this.#round !== undefined) return;
    this.#round = this.#run();
    const round = this.#round;
    this.#tasks.run(() => round);
  }

  async #run(): Promise<void> {
    // The change that woke us is published while its commit is answered: the next turn sees everything.
    await Promise.resolve();
    try {
      do {
        this.#again = false;
        this.#schemasInForce();
        if (this.#isAstray()) this.#cancelRestore ??= this.#core.clock.timer(restoreMs, () => this.#restoreLater());
        await Promise.all([...this.#schemas.values()].map(({ object }) => this.#tellDangling(object)));
      } while (this.#again && !this.#closed);
    } finally {
      this.#round = undefined;
    }
  }

  /** Whether something that the server suggests is gone, or other than it says. */
  #isAstray(): boolean {
    return builtinFlowControl.some((wanted) => this.#astray(wanted));
  }

  #astray(wanted: KubeObject): boolean {
    const name = wanted.metadata.name ?? "";
    const live = wanted.kind === "FlowSchema" ? this.#schemas.get(name)?.object : this.#levels.get(name);
    if (live === undefined) return true;
    // Of the level exempt the numbers are the user's own.
    if (specOf(wanted).type === "Exempt") return false;
    return live.metadata.annotations?.[autoUpdate] === "true" && !jsonEquals(specOf(live), specOf(wanted));
  }

  #restoreLater(): void {
    this.#cancelRestore = undefined;
    if (!this.#closed) this.#tasks.run(() => this.#restore());
  }

  async #restore(): Promise<void> {
    await Promise.all(
      builtinFlowControl.filter((wanted) => this.#astray(wanted)).map((wanted) => this.#bringBack(wanted)),
    );
  }

  async #bringBack(wanted: KubeObject): Promise<void> {
    const isThere = (wanted.kind === "FlowSchema" ? this.#schemas : this.#levels).has(wanted.metadata.name ?? "");
    const change = (live: KubeObject): KubeObject => ({ ...live, spec: specOf(wanted) });
    await this.#quietly(async () => {
      if (isThere) await this.#change(wanted, { fieldManager: producer, change });
      else await ensure(this.#core, wanted);
    });
  }

  async #tellDangling(schema: KubeObject): Promise<void> {
    const level = compileSchema(schema).level;
    const isThere = this.#levels.has(level);
    const what = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
    const told: JsonObject = {
      type: "Dangling",
      status: isThere ? "False" : "True",
      reason: isThere ? "Found" : "NotFound",
      message: isThere ? `${what} and it exists` : `${what} but there is no such object`,
    };
    const old = danglingOf(schema);
    if (["status", "reason", "message"].every((member) => old?.[member] === told[member])) return;
    const since = old?.status === told.status ? old?.lastTransitionTime : undefined;
    const change = (live: KubeObject): KubeObject =>
      withStatusPart(live, {
        conditions: [
          ...objectsOf(statusOf(live).conditions).filter(({ type }) => type !== "Dangling"),
          { ...told, lastTransitionTime: since ?? timestamp(this.#core) },
        ],
      });
    await this.#quietly(() => this.#change(schema, { fieldManager: consumer, change, subresource: "status" }));
  }

  async #change(object: KubeObject, { fieldManager, change, subresource }: Change): Promise<void> {
    const options = { dryRun: false, fieldManager, fieldValidation: "Ignore" as const, force: true };
    const request = { ...internalRequest(this.#core, object, "update"), subresource };
    await changeObject(request, options, (live) => ({ object: change(live) }));
  }

  /** What is gone meanwhile, or a store that closes, is no failure of the server. */
  async #quietly(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#closed || codeOf(error) === "NotFound" || codeOf(error) === "closed") return;
      this.#core.log({ level: "warn", message: "priority and fairness", error: errorMessage(error) });
    }
  }
}

function danglingOf(schema: KubeObject): JsonObject | undefined {
  return objectsOf(statusOf(schema).conditions).find(({ type }) => type === "Dangling");
}
