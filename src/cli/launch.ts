import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { ResumeStep } from "../provider/writer.ts";
import { CasrError } from "../core/errors.ts";
import { resumeCommand } from "./render/shell.ts";

/** Words that mean nothing but themselves to cmd.exe. */
const HARMLESS = /^[A-Za-z0-9_./:\\=@+-]+$/;

/** How a launched agent ended. */
interface Ending {
  status: number | null;
  signal: NodeJS.Signals | null;
}

function runStep(step: ResumeStep, command: string | undefined): Promise<Ending> {
  const [program = "", ...args] = step.argv;
  const suggestions = command === undefined ? [] : [`The session is there. Resume it with: ${command}`];
  if (step.cwd !== undefined && !existsSync(step.cwd)) {
    const message = `The workspace ${step.cwd} is not on this machine, so the agent cannot be started in it.`;
    const elsewhere = "Name a folder that is here: add --workspace FOLDER";
    throw new CasrError("usage", message, {
      suggestions: [elsewhere, ...suggestions],
      context: { cwd: step.cwd },
    });
  }
  // npm's shims are .cmd files on Windows, which only a shell starts; it would obey what an id may hold.
  const shell = process.platform === "win32";
  if (shell && !step.argv.every((word) => HARMLESS.test(word))) {
    const message = "This command cannot be started safely from here.";
    throw new CasrError("usage", message, { suggestions, context: { argv: step.argv } });
  }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: "inherit",
      // As a shell would: there are agents that take their folder from it.
      env: { ...process.env, ...(step.cwd === undefined ? {} : { PWD: step.cwd }), ...step.env },
      shell,
      ...(step.cwd === undefined ? {} : { cwd: step.cwd }),
    });
    // The terminal sends Ctrl-C to both; the agent decides what it means. Other stops are passed on.
    const ignore = (): void => {};
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on("SIGINT", ignore).on("SIGQUIT", ignore).on("SIGTERM", pass).on("SIGHUP", pass);
    const restore = (): void => {
      process.off("SIGINT", ignore).off("SIGQUIT", ignore).off("SIGTERM", pass).off("SIGHUP", pass);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      restore();
      const isMissing = error.code === "ENOENT";
      const message = isMissing
        ? `The program ${program} is not on the PATH.`
        : `${program} does not start: ${error.message}`;
      reject(new CasrError("usage", message, { suggestions, context: { program }, cause: error }));
    });
    child.once("close", (status, signal) => {
      restore();
      resolve({ status, signal });
    });
  });
}

/**
 * Runs the resume steps in order, with our terminal, and resolves to the exit status of the last one
 * that ran; the first that fails ends it. When the agent died of a signal, so does this process.
 */
export async function launch(steps: ResumeStep[]): Promise<number> {
  const commands = steps.filter((step) => step.argv.length > 0);
  if (commands.length === 0) {
    const notes = steps.flatMap((step) => step.note ?? []);
    throw new CasrError("capability-missing", "This agent has no command that resumes a session.", {
      suggestions: notes,
    });
  }
  const command = resumeCommand(commands, process.platform);
  for (const step of commands) {
    const { status, signal } = await runStep(step, command);
    if (signal !== null) {
      process.kill(process.pid, signal);
      // Our own death by the signal arrives while this waits.
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    if (status !== 0) return status ?? 1;
  }
  return 0;
}
