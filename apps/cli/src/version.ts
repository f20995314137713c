declare const LATEEN_VERSION: string | undefined;

/** Set by the build; `dev` when run from the sources. */
export const version: string = typeof LATEEN_VERSION === "string" ? LATEEN_VERSION : "dev";
