import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { messageOf } from "../../core/errors.ts";

/** What of oclif's plugins is needed here. */
export interface HookPlugin {
  name: string;
  version: string;
  root: string;
  type: string;
  hooks: Record<string, { target: string; identifier: string }[]>;
}

const SLOT = Symbol.for("casr.watched");
const ENDINGS = ["", ".js", ".mjs", ".cjs", "/index.js"];

let script: Script | undefined;

/**
 * Runs `action` in such a way that an endless loop in it ends after `timeout` ms: V8 itself stops it, which
 * no timer could.
 */
function watched<T>(action: () => T, timeout: number, afterCode: () => void): T {
  script ??= new Script(`globalThis[Symbol.for("casr.watched")]()`);
  const slots = globalThis as unknown as Record<symbol, unknown>;
  slots[SLOT] = action;
  try {
    return script.runInThisContext({ timeout }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw new Error(`it did not come back within ${timeout} ms`, { cause: error });
  } finally {
    delete slots[SLOT];
    afterCode();
  }
}

/** The promise's value, or an error after `timeout` ms. */
async function withinTime<T>(promise: Promise<T>, timeout: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // Not unref'd: nothing else may be left to keep the process alive.
    timer = setTimeout(() => reject(new Error(`it did not come back within ${timeout} ms`)), timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function load(path: string, timeout: number, afterCode: () => void): Promise<Record<string, unknown>> {
  const require = createRequire(path);
  try {
    return watched(() => require(path) as Record<string, unknown>, timeout, afterCode);
  } catch (error) {
    // A module that waits at its top level can only be imported.
    if ((error as NodeJS.ErrnoException).code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return withinTime(import(pathToFileURL(path).href) as Promise<Record<string, unknown>>, timeout);
  }
}

/**
 * What a plugin's hook returns. Rejects, always within about twice `timeout` ms, with what it threw or with
 * the news that it does not come back. `afterCode` is called right after each piece of its code, before
 * any promise of ours has to work.
 */
export async function runStrangersHook(
  plugin: HookPlugin,
  event: string,
  timeout: number,
  afterCode: () => void,
): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const hook of plugin.hooks[event] ?? []) {
    const base = join(plugin.root, hook.target);
    const path = ENDINGS.map((ending) => base + ending).find(
      (candidate) => /\.[cm]?js$/.test(candidate) && existsSync(candidate),
    );
    if (path === undefined) throw new Error(`Cannot find module '${base}'`);
    const module = await load(path, timeout, afterCode);
    const action = module[hook.identifier] ?? module["default"];
    if (typeof action !== "function") throw new Error(`${path} exports no function`);
    const returned = watched(() => (action as () => unknown).call({}), timeout, afterCode);
    results.push(await withinTime(Promise.resolve(returned), timeout));
  }
  return results;
}

/** One line of what was thrown; Node adds the whole require stack to what a missing module says. */
export function reasonOf(error: unknown): string {
  return messageOf(error).split(/\s*(?:\n|Require stack:)/, 1)[0]!;
}
