import type { ResumeStep, Writer, WritePlan } from "../provider/writer.ts";
import { isJsonObject } from "../session/json.ts";
import { patience, timely } from "./timely.ts";

/** How long the code of a writer may take to be loaded, and a plan to be made, in ms. */
const LOAD_MS = 5000;
const PLAN_MS = 600_000;

const METHODS = ["nativeCall", "plan", "resume"] as const;

const isText = (value: unknown): boolean => typeof value === "string" && !value.includes("\0");
const isOptional = (value: unknown, check: (value: unknown) => boolean): boolean =>
  value === undefined || check(value);

function isStep(step: unknown): boolean {
  if (!isJsonObject(step)) return false;
  const { argv, cwd, env, note, imports } = step as Record<string, unknown>;
  const isEnv = (value: unknown): boolean => isJsonObject(value) && Object.values(value).every(isText);
  return (
    Array.isArray(argv) &&
    argv.every(isText) &&
    isOptional(cwd, isText) &&
    isOptional(env, isEnv) &&
    isOptional(note, isText) &&
    (imports === undefined || imports === true)
  );
}

function checkedSteps(steps: unknown, what: string): ResumeStep[] {
  if (Array.isArray(steps) && steps.length <= 100 && steps.every(isStep)) return steps as ResumeStep[];
  throw new Error(`${what} are no list of {argv, cwd, env, note, imports}`);
}

function checkedPlan(plan: unknown): WritePlan {
  if (!isJsonObject(plan)) throw new Error("its plan is no object");
  const { notes, resume } = plan as unknown as Partial<WritePlan>;
  checkedSteps(resume, "the resume steps of its plan");
  if (!Array.isArray(notes) || !notes.every(isText)) throw new Error("the notes of its plan are no texts");
  return plan as unknown as WritePlan;
}

/**
 * A plugin's writer that answers in time and with steps that can be shown and run. What a plan wants
 * written is checked where it is applied.
 */
function guardedWriter(writer: Writer): Writer {
  const missing = METHODS.find(
    (name) => typeof (writer as Partial<Writer> | undefined)?.[name] !== "function",
  );
  if (missing !== undefined) throw new Error(`its writer has no method ${missing}`);
  const guarded: Writer = {
    nativeCall: (tool, notation) => writer.nativeCall(tool, notation),
    plan: async (session, options, world) =>
      checkedPlan(await timely("plan", patience(world, PLAN_MS), writer.plan(session, options, world))),
    resume: async (session, world) =>
      checkedSteps(
        await timely("resume", patience(world, PLAN_MS), writer.resume(session, world)),
        "its resume steps",
      ),
  };
  if (writer.foreignName !== undefined)
    guarded.foreignName = (name, source) => writer.foreignName!(name, source);
  if (writer.sessionIdFor !== undefined)
    guarded.sessionIdFor = (sessionId) => writer.sessionIdFor!(sessionId);
  return guarded;
}

/** Loads a writer and guards it. */
export function loadGuardedWriter(load: () => Promise<Writer>): () => Promise<Writer> {
  return async () => guardedWriter(await timely("writer", LOAD_MS, Promise.resolve(load())));
}
