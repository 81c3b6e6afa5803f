import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** `npm run test:install`: needs npm's registry once (then caches), so it is not a part of `npm test`. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/install/*.test.ts"],
    globalSetup: ["test/install/setup.ts"],
    env: { NODE_ENV: "production", NO_COLOR: "1" },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // One story at a time: the tests install into the same prefix.
    fileParallelism: false,
  },
});
