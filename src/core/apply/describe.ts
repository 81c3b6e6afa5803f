import type { PlanStep, WritePlan } from "../../provider/writer.ts";
import type { PlannedStep } from "../api.ts";
import { planFault } from "./failure.ts";

/** The steps of a plan for people, in commit order; for dry runs, after `checkPlan`. */
export function describePlan(plan: WritePlan): PlannedStep[] {
  return plan.steps.map((step) => ({ kind: step.kind, path: step.path, detail: detailOf(step) }));
}

function detailOf(step: PlanStep): string {
  switch (step.kind) {
    case "create-file":
      return step.keepExisting === true ? "create unless it is there" : "create";
    case "append-lines":
      return `append ${counted(step.lines.length, "line")}`;
    case "edit-json":
      return step.lockPath === undefined ? "edit" : "edit under the agent's lock";
    case "sqlite":
      return Array.isArray(step.statements) ? counted(step.statements.length, "statement") : "add rows";
    default:
      throw planFault("a step is of no known kind");
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
