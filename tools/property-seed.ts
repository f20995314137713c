import fc from "fast-check";

/**
 * Property tests run on the same inputs everywhere: what CI says is said again by every later run. `npm run properties` gives
 * other seeds; fast-check prints the one that fails.
 */
fc.configureGlobal({ seed: Number(process.env.LATEEN_SEED ?? 20_261_124) });
