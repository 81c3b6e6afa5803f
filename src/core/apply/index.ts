/** The only code of casr that writes to the stores of agents. */
export { applyPlan } from "./apply.ts";
export { backedUpPath, restoreBackup } from "./backup.ts";
export { checkPlan, type CheckedPlan, type CheckedStep } from "./check.ts";
export { describePlan } from "./describe.ts";
export { recover } from "./recover.ts";
export type {
  ApplyOptions,
  ApplyResult,
  Backup,
  FaultHook,
  RecoveredTransaction,
  RecoverOptions,
} from "./types.ts";
