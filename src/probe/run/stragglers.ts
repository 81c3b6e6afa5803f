import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills every process whose environment holds `CASR_PROBE=<mark>`: daemons that left their process group behind.
 * Linux only: elsewhere another process's environment cannot be read, and process groups must do.
 */
export function killMarked(mark: string, except: number): void {
  if (process.platform !== "linux") return;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === except) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, "latin1");
      if (environment.split("\0").includes(`CASR_PROBE=${mark}`)) process.kill(pid, "SIGKILL");
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
}
