import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** One run of a program: seconds on the clock, peak resident memory in MB, exit status, what it printed. */
export interface Run {
  seconds: number;
  peakMb: number;
  status: number | null;
  stdout: string;
  stderr: string;
}

function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs a program and watches its memory through /proc (Linux; elsewhere the peak is 0). */
export function run(program: string, args: string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    let peakMb = 0;
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const watch = setInterval(() => (peakMb = Math.max(peakMb, peakOf(child.pid))), 10);
    child.on("error", reject);
    child.on("close", (status) => {
      clearInterval(watch);
      resolve({ seconds: Number(process.hrtime.bigint() - start) / 1e9, peakMb, status, stdout, stderr });
    });
  });
}

/** Runs a program several times and gives the median time with the largest peak. */
export async function repeat(times: number, action: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = [];
  for (let count = 0; count < times; count += 1) runs.push(await action());
  const failed = runs.find((one) => one.status !== 0);
  if (failed !== undefined) throw new Error(`exit ${failed.status}: ${failed.stderr || failed.stdout}`);
  const sorted = runs.toSorted((a, b) => a.seconds - b.seconds);
  return { ...sorted[Math.floor(times / 2)]!, peakMb: Math.max(...runs.map((one) => one.peakMb)) };
}
