import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PluginVerdict } from "./verdict.ts";

/** How long new plugins may take to register, in ms: far longer than any does. */
const PATIENCE = 15_000;

function noVerdict(name: string, reason: string): PluginVerdict {
  const message = `${name} is installed, but ${reason}. Remove it with: casr plugins uninstall ${name}`;
  return { name, ok: false, message, providers: [] };
}

/**
 * Tries plugins in a fresh process, as the next run will: this one still has what was there before in its
 * caches, and a plugin that hangs, exits or crashes ends only the trial.
 */
export function tryOut(root: string, names: string[]): Promise<PluginVerdict[]> {
  if (names.length === 0) return Promise.resolve([]);
  const script = fileURLToPath(new URL("verdict-child.js", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, root, ...names], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    let text = "";
    child.stdio[3]?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const end = (reason: string): void => {
      clearTimeout(timer);
      try {
        resolve(JSON.parse(text) as PluginVerdict[]);
      } catch {
        // What a plugin did to the process kept the verdict from being given.
        resolve(names.map((name) => noVerdict(name, reason)));
      }
    };
    child.once("error", (error) => end(`it could not be tried: ${error.message}`));
    child.once("close", (status, signal) =>
      end(
        signal === "SIGKILL" ? "it does not come back when it is loaded" : `it ends casr (status ${status})`,
      ),
    );
  });
}
