import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `npm run test:scale`: whole processes on large and hostile input, so it is not a part of `npm test`. */
export default defineConfig({
  root: source("../.."),
  resolve: {
    alias: {
      "casr-cli/provider": source("../../src/provider/index.ts"),
      "casr-cli/testing": source("../../src/testing/index.ts"),
    },
  },
  test: {
    include: ["test/scale/*.test.ts"],
    env: { NODE_ENV: "production", NO_COLOR: "1" },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Memory is measured: one thing at a time.
    fileParallelism: false,
  },
});
