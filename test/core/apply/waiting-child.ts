/* Applies the full plan and stays in its verification: node waiting-child.ts <store> <state> */
import { applyPlan } from "../../../src/core/apply/index.ts";
import { fullPlan } from "./scene.ts";

const [store, state] = process.argv.slice(2) as [string, string];
await applyPlan(fullPlan(store), {
  stateFolder: state,
  force: true,
  now: Date.now,
  signal: new AbortController().signal,
  version: "0.0.0-test",
  verify: async () => {
    process.stdout.write("verifying\n");
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  },
});
