/**
 * Runs inside the sandbox: starts the model server in its network namespace, hands control to a scenario
 * module and writes what that returns. Arguments: scenario, input file, output file.
 */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { startModelServer, type ModelServer } from "../../src/probe/index.ts";
import type { JsonValue } from "../../src/session/json.ts";
import { AGENTS } from "./agents/index.ts";

/** How a command in the sandbox ended. Output is cut to its last part. */
export interface Ended {
  code: number | null;
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
  timeoutMs: number;
}

/** What a scenario has to work with. */
export interface Inside {
  server: ModelServer;
  run(argv: readonly string[], options: RunOptions): Promise<Ended>;
}

export type Scenario<Input, Result> = (input: Input, inside: Inside) => Promise<Result>;

const KEPT_OUTPUT = 4 * 1024 * 1024;

function run(argv: readonly string[], options: RunOptions): Promise<Ended> {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what it started can be ended with it.
      detached: true,
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8");
      child[name].on("data", (text: string) => {
        output[name] = (output[name] + text).slice(-KEPT_OUTPUT);
      });
    }
    let timedOut = false;
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group is gone already.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup();
    }, options.timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // "exit", not "close": a daemon left behind may hold the pipes open.
    child.once("exit", (code) => {
      clearTimeout(timer);
      setTimeout(() => {
        killGroup();
        resolve({ code, timedOut, ...output });
      }, 50);
    });
  });
}

const [scenarioPath = "", inputPath = "", outputPath = ""] = process.argv.slice(2);
const server = await startModelServer({ routes: AGENTS.flatMap(({ probe }) => probe.routes ?? []) });
let outcome: { error: string } | { result: JsonValue };
try {
  const module = (await import(pathToFileURL(scenarioPath).href)) as {
    default: Scenario<JsonValue, JsonValue>;
  };
  const input = JSON.parse(await readFile(inputPath, "utf8")) as JsonValue;
  outcome = { result: await module.default(input, { server, run }) };
} catch (error) {
  outcome = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
await writeFile(outputPath, JSON.stringify(outcome));
// Ends the namespace and every process in it, whatever an agent left running.
process.exit(0);
