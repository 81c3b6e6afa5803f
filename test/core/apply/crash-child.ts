/*
 * Applies the full plan, or recovers, and kills itself at the point given:
 *   node crash-child.ts <apply | refuse | recover> <store> <state> <number of the point, from 0> <variant>
 * `refuse` has the verification fail, so that the points of the undo are met too.
 */
import { applyPlan, recover } from "../../../src/core/apply/index.ts";
import { fullPlan, refuseLinks, VARIANTS } from "./scene.ts";

const [mode, store, state, wanted, which] = process.argv.slice(2) as [string, string, string, string, string];
const variant = VARIANTS[Number(which)]!;
let met = 0;
const faults = async (point: string): Promise<void> => {
  if (met++ !== Number(wanted)) return refuseLinks(variant, point);
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
};

if (mode === "recover") {
  await recover(state, { log: () => {}, warn: (message) => console.error(message), faults });
} else {
  const verify = async (): Promise<void> => {
    if (mode === "refuse") throw new Error("refused");
  };
  const now = (): number => Date.parse("2026-05-06T07:08:09.123Z");
  const { signal } = new AbortController();
  const options = { stateFolder: state, force: true, now, signal, verify, faults, version: "0.0.0-test" };
  try {
    await applyPlan(fullPlan(store, variant.steps), options);
  } catch (error) {
    if ((error as Error).message !== "refused") throw error;
  }
}
