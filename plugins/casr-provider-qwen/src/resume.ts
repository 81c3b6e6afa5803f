import type { ResumeStep, World } from "casr-cli/provider";
import { pathsOf } from "./paths.ts";

/** Qwen Code finds a session only from its workspace. */
export function resumeSteps(id: string, workspace: string | undefined, world: World): ResumeStep[] {
  const step: ResumeStep = { argv: ["qwen", "--resume", id] };
  const env = absoluteVariables(world);
  if (Object.keys(env).length > 0) step.env = env;
  if (workspace === undefined) {
    step.note = "Run it in the folder the session was made in: Qwen Code finds sessions by their folder.";
    return [step];
  }
  return [{ ...step, cwd: workspace }];
}

/** Qwen Code would take a relative folder in its variables from the workspace. */
function absoluteVariables(world: World): Record<string, string> {
  const { isAbsolute, resolve } = pathsOf(world);
  const relative = ["QWEN_HOME", "QWEN_RUNTIME_DIR"].flatMap((name): [string, string][] => {
    const value = world.env[name];
    if (value === undefined || value === "" || value.startsWith("~") || isAbsolute(value)) return [];
    return [[name, resolve(world.cwd, value)]];
  });
  return Object.fromEntries(relative);
}
