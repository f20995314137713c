import type { KubeObject, RuleCompiler } from "@lateen/objects";
import type { CustomVersion } from "../crd/custom-kind.ts";

/** Objects of one definition as another version of it has them, in the same order. @throws ApiError. */
export type AskWebhook = (
  custom: CustomVersion,
  objects: readonly KubeObject[],
  apiVersion: string,
) => Promise<readonly KubeObject[]>;

/** A conversion cannot be done now: a webhook must be asked first. */
class ConversionNeeded extends Error {
  override readonly name = "ConversionNeeded";
  readonly question: Question;

  constructor(question: Question) {
    super(`${question.object.metadata.name ?? ""} must be converted to ${question.apiVersion} by a webhook`);
    this.question = question;
  }
}

interface Question {
  readonly custom: CustomVersion;
  readonly object: KubeObject;
  readonly apiVersion: string;
}

type Answers = Map<string, KubeObject>;

/** Replays of one calculation: each learns one conversion more. */
const maxReplays = 200;

/**
 * Conversions by webhook for code that does not wait. Such code is a calculation without effects, run by `settle`: where it
 * needs a conversion it ends there, the webhook is asked, and it is run again with the answer. What needs no webhook runs
 * once and at once.
 */
export class Converter {
  readonly rules: RuleCompiler;
  readonly #ask: AskWebhook;
  /** What the calculation that is running knows. */
  #answers: Answers | undefined;

  constructor(rules: RuleCompiler, ask: AskWebhook) {
    this.rules = rules;
    this.#ask = ask;
  }

  /** The object as a webhook converts it. @throws ConversionNeeded, for `settle`. */
  byWebhook(custom: CustomVersion, object: KubeObject, apiVersion: string): KubeObject {
    const known = this.#answers?.get(keyOf(object, apiVersion));
    if (known === undefined) throw new ConversionNeeded({ custom, object, apiVersion });
    return known;
  }

  /** The result of a calculation. @throws what it throws, and what a webhook answers. */
  settle<T>(run: () => T): T | Promise<T> {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ConversionNeeded)) throw error;
      return this.#replay(run, [error.question]);
    }
  }

  /** As `settle`, for a calculation over many: `first` are asked about together before it runs. */
  async settleAll<T>(first: readonly (() => unknown)[], run: () => T): Promise<T> {
    const questions: Question[] = [];
    for (const read of first) {
      try {
        read();
      } catch (error) {
        if (!(error instanceof ConversionNeeded)) throw error;
        questions.push(error.question);
      }
    }
    return questions.length === 0 ? this.settle(run) : this.#replay(run, questions);
  }

  async #replay<T>(run: () => T, questions: readonly Question[]): Promise<T> {
    const answers: Answers = new Map();
    let open = questions;
    for (let n = 0; n < maxReplays; n++) {
      await this.#learn(answers, open);
      const before = this.#answers;
      this.#answers = answers;
      try {
        return run();
      } catch (error) {
        if (!(error instanceof ConversionNeeded)) throw error;
        open = [error.question];
      } finally {
        this.#answers = before;
      }
    }
    throw new Error("a calculation needs conversion after conversion");
  }

  async #learn(answers: Answers, questions: readonly Question[]): Promise<void> {
    const [first] = questions;
    if (first === undefined) return;
    const objects = questions.map(({ object }) => object);
    const converted = await this.#ask(first.custom, objects, first.apiVersion);
    for (const [i, object] of objects.entries()) answers.set(keyOf(object, first.apiVersion), converted[i]!);
  }
}

/** A calculation that is run again makes the same objects again, member by member. */
function keyOf(object: KubeObject, apiVersion: string): string {
  return `${apiVersion} ${JSON.stringify(object)}`;
}
