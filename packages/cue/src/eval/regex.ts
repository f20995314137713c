import { BuiltinError, compileRegex } from "../library/index.ts";

/** A pattern that is none: what matching with it gives. */
export class RegexError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

type Compiled = ReturnType<typeof compileRegex> | RegexError;

/** Patterns stand in templates: few, and used often. The table is emptied when it grows large. */
const compiled = new Map<string, Compiled>();
const mostPatterns = 512;

function regexOf(pattern: string): Compiled {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    try {
      regex = compileRegex(pattern);
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error;
      regex = new RegexError(error.message);
    }
    if (compiled.size >= mostPatterns) compiled.clear();
    compiled.set(pattern, regex);
  }
  return regex;
}

/** Whether the pattern is found anywhere in the text. */
export function matchesRegex(pattern: string, text: string): boolean | RegexError {
  const regex = regexOf(pattern);
  if (regex instanceof RegexError) return regex;
  return regex.find(text) !== undefined;
}

export function regexError(pattern: string): RegexError | undefined {
  const regex = regexOf(pattern);
  return regex instanceof RegexError ? regex : undefined;
}
