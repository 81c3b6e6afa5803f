import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const CASR = fileURLToPath(new URL("../../bin/run.js", import.meta.url));

/** How a run of casr ended. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Largest resident memory in MB, as far as it was seen (Linux; else 0). */
  peakMb: number;
}

/** A home folder of its own for one test, removed after it. */
export function scratchHome(): string {
  const home = mkdtempSync(join(tmpdir(), "casr-scale-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return home;
}

/** What casr may see of this machine: its home, and folders of its own below it. */
export function environment(home: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    CASR_STATE_HOME: join(home, "casr-state"),
    CASR_CACHE_HOME: join(home, "casr-cache"),
    NODE_ENV: "production",
    NO_COLOR: "1",
    TZ: "UTC",
  };
}

function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

interface Options {
  env?: Record<string, string>;
  started?: (child: ChildProcess) => void;
}

function collect(command: string, args: string[], home: string, options: Options): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { ...environment(home), ...options.env };
    const child = spawn(command, args, { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] });
    const outcome: Outcome = { status: null, stdout: "", stderr: "", peakMb: 0 };
    const watch = setInterval(() => (outcome.peakMb = Math.max(outcome.peakMb, peakOf(child.pid))), 5);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (outcome.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (outcome.stderr += text));
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearInterval(watch);
      // As a shell tells it: a signal that comes before casr can say anything ends it all the same.
      resolve({ ...outcome, status: signal === null ? status : 128 + constants.signals[signal] });
    });
    options.started?.(child);
  });
}

/** Runs the built casr in a home. */
export function casr(home: string, args: string[], options: Options = {}): Promise<Outcome> {
  return collect(process.execPath, [CASR, ...args], home, options);
}

/** Whether this machine lets anybody mount things in a namespace of their own. */
export const hasNamespaces = spawnSync("unshare", ["-rm", "true"]).status === 0;

/**
 * Runs the built casr after `setup`, shell code that mounts something where only this run sees it. Memory is
 * not measured.
 */
export function casrWithMounts(home: string, setup: string, args: string[]): Promise<Outcome> {
  const script = `set -e\n${setup}\nexec "$@"`;
  return collect("unshare", ["-rm", "sh", "-c", script, "sh", process.execPath, CASR, ...args], home, {});
}

/** A shell word. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words that run casr, for a shell. */
export function casrCommand(args: string[]): string {
  return [process.execPath, CASR, ...args].map(quoted).join(" ");
}

/**
 * Paths of all files in a home with their digests, but for casr's cache and its lock files, which stay on
 * purpose: the kernel holds the locks, not the files.
 */
export async function filesOf(home: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(home.length + 1);
    if (entry.isFile() && !/^casr-(?:cache|state\/locks)\//.test(path))
      found[path] = await digestOf(join(home, path));
  }
  return found;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** The last JSON object of a run, success or error. */
export function jsonOf(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
}
