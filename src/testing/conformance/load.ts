import { spawn } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { NotConforming } from "./expect.ts";
import { pathOf } from "./scene.ts";

/** How long a hook module may take to load, ms. */
const PATIENCE_MS = 10_000;

/** How long the process may go on once everything is loaded, ms. */
const END_MS = 2000;

/** What loading a hook module did, seen from outside. */
export interface HookFacts {
  /** Modules that came with the hook itself: there must be none. */
  eager: string[];
  /** Modules that came with reader, writer and probe. */
  lazy: string[];
  /** What it wrote to stdout: there must be nothing. */
  printed: string;
  /** False when something (a timer, a handle) kept the process from ending by itself. */
  ended: boolean;
}

/** The URL of the hook module. */
function hookUrl(hook: string | URL): string {
  return pathToFileURL(pathOf(hook)).href;
}

/** Loads a hook module in a process of its own. Rejects when it throws, or never returns. */
export async function inspectHook(hook: string | URL): Promise<HookFacts> {
  const child = new URL(`./load-child${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const running = spawn(process.execPath, ["--no-warnings", fileURLToPath(child), hookUrl(hook)], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const texts = { printed: "", complaint: "", report: "" };
  running.stdout!.setEncoding("utf8").on("data", (chunk: string) => (texts.printed += chunk));
  running.stderr!.setEncoding("utf8").on("data", (chunk: string) => (texts.complaint += chunk));
  let ended = true;
  const stop = (): void => {
    ended = false;
    running.kill("SIGKILL");
  };
  let timer = setTimeout(stop, PATIENCE_MS);
  running.stdio[3]!.on("data", (chunk: Buffer) => {
    texts.report += chunk.toString();
    clearTimeout(timer);
    timer = setTimeout(stop, END_MS);
  });
  try {
    await new Promise<void>((resolve, reject) =>
      running.once("error", reject).once("close", () => resolve()),
    );
  } finally {
    clearTimeout(timer);
  }
  if (texts.report === "") {
    const why = ended
      ? texts.complaint.trim().split("\n").at(-1) || "it ended the process"
      : `it never returned (${PATIENCE_MS / 1000} seconds)`;
    throw new NotConforming(`the hook failed: ${why}`);
  }
  const report = JSON.parse(texts.report) as { error?: string; eager: string[]; lazy: string[] };
  if (report.error !== undefined) throw new NotConforming(`the hook failed: ${report.error}`);
  return { eager: report.eager, lazy: report.lazy, printed: texts.printed, ended };
}

/** Runs the hook in this process. Only for hooks that `inspectHook` came through with. */
export async function registrationsOf(hook: string | URL): Promise<unknown[]> {
  const module = (await import(/* @vite-ignore */ hookUrl(hook))) as { default: unknown };
  const { default: exported } = module;
  const provide =
    typeof exported === "object" && exported !== null && "default" in exported ? exported.default : exported;
  if (typeof provide !== "function") throw new NotConforming("the hook's default export is not a function");
  return (await provide.call({}, {})) as unknown[];
}
