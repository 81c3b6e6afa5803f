import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProbeRoute } from "../../provider/probe.ts";
import type { ScriptedTurn } from "../types.ts";
import { namespaceArgv, type Cover } from "./isolation.ts";
import { onJsonLine } from "./json-lines.ts";
import type { Answer, InsideRun, Order, RunResult } from "./protocol.ts";

export interface SandboxOptions {
  /** An existing folder of the sandbox's own, on this machine. The caller removes it. */
  root: string;
  /** The home programs get, as seen inside. */
  home: string;
  /** PATH inside. */
  path: string;
  /** An existing folder for temporary files, as seen inside. */
  temporary: string;
  /**
   * `namespaces`: nothing but loopback can be reached, whatever a program does. `proxy`: programs are told to use
   * the loopback server as their proxy, which refuses everything.
   */
  isolation: "namespaces" | "proxy";
  /** Folders to cover; with `namespaces` only. */
  covers?: readonly Cover[];
  /** What the model says, a turn for each main request. */
  turns?: readonly ScriptedTurn[];
  routes?: readonly ProbeRoute[];
  signal?: AbortSignal;
}

/** Programs that see a scratch home, a loopback model and nothing else. */
export interface Sandbox {
  /** The model server, as programs inside reach it. */
  readonly baseUrl: string;
  /** Runs one program; rejects only when the sandbox itself is gone. */
  run(run: InsideRun): Promise<RunResult>;
  /** Replaces what the model will say. */
  script(turns: readonly ScriptedTurn[]): Promise<void>;
  /** Ends everything that runs inside. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/** This module is TypeScript in a checkout and JavaScript in a release; so is what runs inside. */
const INSIDE = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "inside.ts" : "inside.js", import.meta.url),
);

/** Nothing of the caller's environment gets in: tokens, proxies and settings would change what agents do. */
function insideEnvironment(options: SandboxOptions, mark: string): Record<string, string> {
  return {
    PATH: options.path,
    HOME: options.home,
    TMPDIR: options.temporary,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    TZ: "UTC",
    CASR_PROBE: mark,
    ...(options.isolation === "proxy" ? { CASR_PROBE_PROXY: "1" } : {}),
    // Windows programs do not start without these.
    ...pick(["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "WINDIR"]),
  };
}

function pick(names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Starts a sandbox. Rejects when it cannot be had; `namespaceProblem` says why namespaces cannot. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { root, home, isolation, covers = [], turns = [], routes = [] } = options;
  const stage = join(root, "stage");
  await mkdir(stage, { recursive: true });
  const command = [process.execPath, INSIDE];
  const argv =
    isolation === "namespaces" ? namespaceArgv(command, { stage, covers, cwd: home }, options.path) : command;
  const env = insideEnvironment(options, randomBytes(12).toString("hex"));
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd: isolation === "namespaces" ? "/" : home,
    // unshare itself is found on the system's PATH.
    env: isolation === "namespaces" ? { ...env, PATH: `${process.env["PATH"] ?? ""}:/usr/bin:/bin` } : env,
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C is for the casr outside, which then closes the sandbox.
    detached: true,
  });
  return connect(child, { order: "start", turns: [...turns], routes: [...routes] }, options.signal);
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

async function connect(child: ChildProcess, start: Order, signal?: AbortSignal): Promise<Sandbox> {
  const waiting = new Map<number, Waiting>();
  let gone: Error | undefined;
  let said = "";
  let nextId = 1;
  const fail = (error: Error): void => {
    gone ??= error;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  const exited = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      fail(new Error(`the sandbox ended (${why})${said === "" ? "" : `: ${said.trim()}`}`));
      resolve();
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signalName) => end(String(code ?? signalName)));
  });
  child.stdin?.on("error", () => {});
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  onJsonLine(child.stdout!, (value) => {
    const answer = value as Answer;
    if ("fault" in answer) return fail(new Error(answer.fault));
    const id = "ready" in answer ? 0 : answer.id;
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  const ask = (id: number, order: Order): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) return reject(gone);
      waiting.set(id, { resolve, reject });
      child.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  const kill = (): void => {
    // Inside namespaces the whole tree goes with it; without them it ends its programs when its input closes.
    child.stdin?.end();
  };
  const close = async (): Promise<void> => {
    signal?.removeEventListener("abort", kill);
    kill();
    const late = setTimeout(() => child.kill("SIGKILL"), 2000);
    await exited;
    clearTimeout(late);
  };
  signal?.addEventListener("abort", kill, { once: true });
  const timer = setTimeout(() => {
    fail(new Error("the sandbox did not start in time"));
    child.kill("SIGKILL");
  }, START_TIMEOUT_MS);
  try {
    const ready = (await ask(0, start)) as { ready: string };
    return {
      baseUrl: ready.ready,
      run: async (run) => {
        const id = nextId++;
        return ((await ask(id, { order: "run", id, run })) as { result: RunResult }).result;
      },
      script: async (turns) => {
        const id = nextId++;
        await ask(id, { order: "script", id, turns: [...turns] });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
