import type { WritePlan } from "../provider/writer.ts";
import type { PlannedStep } from "./api.ts";

/** Runs a plan's content without writing it: a dry run finds what a real one would. */
export async function rehearse(plan: WritePlan, steps: PlannedStep[]): Promise<PlannedStep[]> {
  const rehearsed: PlannedStep[] = [];
  for (const [index, step] of plan.steps.entries()) {
    const planned = steps[index] ?? { kind: step.kind, path: step.path, detail: "" };
    if (step.kind === "sqlite" && typeof step.statements === "function") {
      let statements = 0;
      for await (const _statement of step.statements()) statements += 1;
      rehearsed.push({ ...planned, detail: `${statements} statements` });
      continue;
    }
    if (step.kind !== "create-file") {
      rehearsed.push(planned);
      continue;
    }
    let bytes = 0;
    for await (const chunk of step.content()) bytes += Buffer.byteLength(chunk);
    rehearsed.push({ ...planned, detail: `${planned.detail}, ${bytes} bytes` });
  }
  return rehearsed;
}
