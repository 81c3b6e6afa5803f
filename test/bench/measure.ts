import { spawn } from "node:child_process";
import { accessSync, constants, createReadStream, readFileSync } from "node:fs";

/** One run of a program, or the median of several. */
export interface Run {
  /** Seconds on the clock. */
  wall: number;
  /** Seconds of processor time, user and system. 0 where the machine cannot tell. */
  cpu: number;
  /** Largest resident memory in MB. */
  peakMb: number;
  status: number | null;
  stdout: string;
  stderr: string;
}

/** How a program is run. */
export interface Setting {
  env: NodeJS.ProcessEnv;
  cwd: string;
  signal: AbortSignal;
}

const TIME = "/usr/bin/time";
const FORMAT = "casr-bench %U %S %M";
const MEASURED = /\n?casr-bench ([\d.]+) ([\d.]+) (\d+)\n?$/;

function canTime(): boolean {
  try {
    accessSync(TIME, constants.X_OK);
    return process.platform === "linux";
  } catch {
    return false;
  }
}

const hasTime = canTime();

function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs a program under GNU time; where that is missing, watches its memory through /proc. */
export function run(program: string, args: string[], { env, cwd, signal }: Setting): Promise<Run> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const command = hasTime ? [TIME, "-q", "-f", FORMAT, program, ...args] : [program, ...args];
    const start = process.hrtime.bigint();
    // A group of its own: when the bench is stopped, the program that is measured is stopped with it.
    const child = spawn(command[0]!, command.slice(1), {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let peakMb = 0;
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const watch = hasTime ? undefined : setInterval(() => (peakMb = Math.max(peakMb, peakOf(child.pid))), 10);
    const stop = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    };
    signal.addEventListener("abort", stop, { once: true });
    child.on("error", reject);
    child.on("close", (status) => {
      clearInterval(watch);
      signal.removeEventListener("abort", stop);
      if (signal.aborted) return reject(signal.reason as Error);
      const wall = Number(process.hrtime.bigint() - start) / 1e9;
      const [all = "", user, system, kilobytes] = MEASURED.exec(stderr) ?? [];
      if (kilobytes !== undefined) peakMb = Number(kilobytes) / 1024;
      const cpu = Number(user ?? 0) + Number(system ?? 0);
      resolve({ wall, cpu, peakMb, status, stdout, stderr: stderr.slice(0, stderr.length - all.length) });
    });
  });
}

/** The median of several runs, with the mean processor time and the largest peak. Throws when one fails. */
export async function repeat(times: number, action: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = [];
  for (let count = 0; count < times; count += 1) {
    const one = await action();
    if (one.status !== 0) throw new Error(`exit ${one.status}: ${one.stderr || one.stdout}`);
    runs.push(one);
  }
  const sorted = runs.toSorted((a, b) => a.wall - b.wall);
  return {
    ...sorted[Math.floor(times / 2)]!,
    cpu: runs.reduce((sum, one) => sum + one.cpu, 0) / times,
    peakMb: Math.max(...runs.map((one) => one.peakMb)),
  };
}

/** Seconds a plain stream takes to read all bytes of a file; the best of three. */
export async function plainRead(path: string): Promise<number> {
  let best = Infinity;
  for (let count = 0; count < 3; count += 1) {
    const start = process.hrtime.bigint();
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) void chunk;
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return best;
}
