/**
 * The process at the root of a sandbox: runs the model server on the sandbox's own loopback interface and starts
 * programs there, as ordered on standard input. It ends, with all it started, when that closes: no sandbox
 * outlives the casr that made it.
 */
import { requestWithPrompt } from "../normalise.ts";
import { startModelServer, type ModelServer } from "../server.ts";
import type { ScriptedTurn } from "../types.ts";
import { onJsonLine } from "./json-lines.ts";
import { killAll, runProcess } from "./process.ts";
import type { Answer, InsideRun, Order, RunResult } from "./protocol.ts";
import { killMarked } from "./stragglers.ts";
import { runInTerminal } from "./terminal.ts";

function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** Turns still to be played; the server takes them from the front. */
const script: ScriptedTurn[] = [];
let server: ModelServer | undefined;

/** This process's own environment is all that programs get, and nothing of the user's is in it. */
function environment(extra: Record<string, string>): Record<string, string> {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(own), ...proxied(server?.baseUrl ?? ""), ...extra };
}

/** Without a network namespace, whatever heeds these variables meets a server that refuses it. */
function proxied(baseUrl: string): Record<string, string> {
  if (process.env["CASR_PROBE_PROXY"] === undefined) return {};
  const env: Record<string, string> = { NODE_USE_ENV_PROXY: "1" };
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]) {
    env[name] = baseUrl;
    env[name.toLowerCase()] = baseUrl;
  }
  for (const name of ["NO_PROXY", "no_proxy"]) env[name] = "127.0.0.1,localhost,::1";
  return env;
}

async function run(order: InsideRun): Promise<RunResult> {
  const requests = server?.requests ?? [];
  const before = requests.length;
  const options = {
    cwd: order.cwd,
    // As a shell would: there are agents that take their folder from it.
    env: environment({ PWD: order.cwd, ...order.env }),
    timeoutMs: order.timeoutMs,
    ...(order.stdin === undefined ? {} : { stdin: order.stdin }),
  };
  const asked = (): boolean =>
    order.until === undefined || requestWithPrompt(requests.slice(before), order.until) !== undefined;
  const ended =
    order.terminal === undefined
      ? await runProcess(order.argv, options)
      : await runInTerminal(order.argv, {
          ...options,
          steps: order.terminal,
          platform: process.platform,
          isDone: asked,
        });
  return { ...ended, requests: requests.slice(before) };
}

async function obey(order: Order): Promise<void> {
  switch (order.order) {
    case "start":
      script.push(...order.turns);
      server = await startModelServer({ turns: script, routes: order.routes });
      return say({ ready: server.baseUrl });
    case "script":
      script.splice(0, script.length, ...order.turns);
      return say({ id: order.id, scripted: true });
    case "run":
      return say({ id: order.id, result: await run(order.run) });
  }
}

function end(code: number): never {
  killAll();
  const mark = process.env["CASR_PROBE"];
  if (mark !== undefined) killMarked(mark, process.pid);
  process.exit(code);
}

process.on("SIGTERM", () => end(143));
onJsonLine(process.stdin, (order) => {
  obey(order as Order).catch((error: unknown) => say({ fault: String(error) }));
});
process.stdin.once("close", () => end(0));
