import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      "casr-cli/provider": source("src/provider/index.ts"),
      "casr-cli/testing": source("src/testing/index.ts"),
    },
  },
  test: {
    include: ["test/**/*.test.ts", "plugins/*/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/agents/**", "test/install/**", "test/scale/**"],
    env: { NODE_ENV: "production", NO_COLOR: "1" },
    setupFiles: ["test/support/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
