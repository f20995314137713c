import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/{src,test,regressions}/**/*.test.ts", "apps/*/{src,test}/**/*.test.ts", "tools/**/*.test.ts"],
    setupFiles: ["tools/property-seed.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // The closing line "N passed, N failed" is what CI reads.
    reporters: [["default", { summary: false }], "./tools/vitest-reporter.mjs"],
  },
});
