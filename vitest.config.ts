import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: "casr-cli/provider", replacement: source("src/provider/index.ts") },
      { find: "casr-cli/testing", replacement: source("src/testing/index.ts") },
      {
        find: /^casr-opencode-store\/(.+)$/,
        replacement: source("plugins/casr-opencode-store/src/$1.ts"),
      },
    ],
  },
  test: {
    include: ["test/**/*.test.ts", "plugins/*/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/agents/**", "test/install/**", "test/scale/**"],
    env: { NODE_ENV: "production", NO_COLOR: "1" },
    setupFiles: ["test/support/setup.ts"],
    // Many tests wait for processes and disks: on two cores vitest's own choice, one worker, takes twice as long.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
