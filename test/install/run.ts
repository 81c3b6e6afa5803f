import { spawn } from "node:child_process";

/** How a program ended and what it said. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env: Record<string, string | undefined>;
}

/** Runs a program to its end; it gets the given environment and nothing else. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const out: Outcome = { status: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (out.stderr += text));
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...out, status }));
  });
}

/** Like `run`, but anything other than status 0 is an error that shows what was said. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  const outcome = await run(program, args, options);
  if (outcome.status === 0) return outcome;
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim();
  throw new Error(`${program} ${args.join(" ")} ended with ${outcome.status}:\n${said}`);
}

/** This process's environment without what npm passes to its scripts: a test must not depend on who starts it. */
export function plainEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_ENV$|VITEST|INIT_CWD$|CASR_)/i.test(name)),
  );
}
