import { readFileSync, readlinkSync } from "node:fs";
import { hasCode } from "./failure.ts";

/** Which process did something, told apart from a later process with the same id where the system says how. */
export interface Owner {
  pid: number;
  /** Linux: start time in clock ticks since boot, with boot and process namespace. */
  started?: string;
}

/** This process. */
export function thisProcess(): Owner {
  const started = startOf(process.pid);
  return started === undefined ? { pid: process.pid } : { pid: process.pid, started };
}

/**
 * Whether that process runs: true and false are certain, undefined is not known (another system,
 * container or boot, or a system that does not tell start times).
 */
export function isRunning(owner: Owner): boolean | undefined {
  const here = thisProcess();
  if (owner.started === undefined || here.started === undefined) return undefined;
  if (placeOf(owner.started) !== placeOf(here.started)) return undefined;
  return startOf(owner.pid) === owner.started;
}

/** Boot and namespace, in which a process id means the same. */
function placeOf(started: string): string {
  return started.slice(started.indexOf("@"));
}

function startOf(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in brackets may hold anything; the numbered fields follow the last bracket, the third first.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined; // dead, only not yet waited for
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${fields[19]}@${boot}@${readlinkSync("/proc/self/ns/pid")}`;
  } catch (error) {
    // No such process, or a system that hides other processes: not known either way.
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "ESRCH")) return undefined;
    throw error;
  }
}
