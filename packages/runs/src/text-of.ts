/** A text as it is; anything else counts as none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
