import { spawn, type ChildProcess } from "node:child_process";

/** How a program ended. Output is cut to its last part. */
export interface Ended {
  /** Exit code; null when a signal ended it or it never started. */
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  /** Why it could not be started at all. */
  startError?: string;
  stdout: string;
  stderr: string;
}

export interface ProcessOptions {
  cwd: string;
  /** The whole environment. */
  env: Readonly<Record<string, string>>;
  /** Standard input; closed at once when missing. */
  stdin?: string;
  /** Milliseconds until the program and what it started are killed. */
  timeoutMs: number;
}

/** Characters kept of each output. */
const KEPT_OUTPUT = 1024 * 1024;

/** Process groups that are running now. */
const groups = new Set<number>();

/** Ends every program started here, and all they started, at once. */
export function killAll(): void {
  for (const pid of groups) killGroup(pid);
}

/** Kills a process group; one that is gone is fine. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nothing is left of it.
  }
  groups.delete(pid);
}

/** Collects what a stream says, keeping its end. */
function collect(stream: NodeJS.ReadableStream | null): { text: string } {
  const output = { text: "" };
  stream?.setEncoding("utf8");
  stream?.on("data", (part: string) => {
    output.text = (output.text + part).slice(-KEPT_OUTPUT);
  });
  return output;
}

/**
 * Starts a program in a process group of its own. The promise settles when the program has ended or its time is up;
 * then its whole group is killed. `during` gets the running child, to type into it or to end it early.
 */
export function runProcess(
  argv: readonly string[],
  options: ProcessOptions,
  during?: (child: ChildProcess, output: { text: string }, stop: () => void) => void,
): Promise<Ended> {
  const [command = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: [options.stdin === undefined && during === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    let timedOut = false;
    const stop = (): void => {
      if (pid !== undefined) killGroup(pid);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, options.timeoutMs);
    const settle = (end: Pick<Ended, "code" | "signal" | "startError">): void => {
      clearTimeout(timer);
      stop();
      resolve({ ...end, timedOut, stdout: stdout.text, stderr: stderr.text });
    };
    child.once("error", (error) => settle({ code: null, signal: null, startError: error.message }));
    // "exit", not "close": a daemon left behind may hold the pipes open. What was written before is still in them.
    child.once("exit", (code, signal) => setTimeout(() => settle({ code, signal }), 50));
    // A program that does not read its input may end before it is written.
    child.stdin?.on("error", () => {});
    if (options.stdin !== undefined) child.stdin?.end(options.stdin);
    during?.(child, stdout, stop);
  });
}
