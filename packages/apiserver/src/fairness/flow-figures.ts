import type { Flow, LevelFigures, RejectionReason } from "./seats.ts";

/** Upper ends of the classes of waiting times, in seconds. */
export const waitEnds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

export interface FlowCounts {
  readonly level: string;
  readonly schema: string;
  dispatched: number;
  executing: number;
  waiting: number;
  readonly rejected: Map<RejectionReason, number>;
  readonly waits: { readonly counts: number[]; sum: number; count: number };
}

/** What became of the requests of each flow schema, for the metrics. */
export class FlowFigures {
  readonly #counts = new Map<string, FlowCounts>();
  readonly #levels: () => readonly LevelFigures[];

  constructor(levels: () => readonly LevelFigures[]) {
    this.#levels = levels;
  }

  get levels(): readonly LevelFigures[] {
    return this.#levels();
  }

  get all(): Iterable<FlowCounts> {
    return this.#counts.values();
  }

  of({ level, schema }: Flow): FlowCounts {
    const name = `${schema} ${level}`;
    let counts = this.#counts.get(name);
    if (counts === undefined) {
      const waits = { counts: waitEnds.map(() => 0), sum: 0, count: 0 };
      counts = { level, schema, dispatched: 0, executing: 0, waiting: 0, rejected: new Map(), waits };
      this.#counts.set(name, counts);
    }
    return counts;
  }

  /** Forgets schemas that are no longer there. */
  keep(schemas: ReadonlySet<string>): void {
    for (const [name, { schema }] of this.#counts) if (!schemas.has(schema)) this.#counts.delete(name);
  }
}

export function countWait({ waits }: FlowCounts, seconds: number): void {
  const place = waitEnds.findIndex((end) => seconds <= end);
  if (place >= 0) waits.counts[place]!++;
  waits.sum += seconds;
  waits.count++;
}
