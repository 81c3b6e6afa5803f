import { messageOf } from "../../core/errors.ts";
import { sanitizeLine, truncate } from "../render/text.ts";
import { blamed, callingStranger, hasStrangers, watchStrangers, type Stranger } from "./blame.ts";
import { rememberIntrinsics, restoreIntrinsics } from "./intrinsics.ts";

type Warn = (message: string) => void;

let tell: Warn = () => {};
const told = new Set<string>();
let isOn = false;

/** One line per plugin and misdeed. */
function complain(plugin: Stranger, what: string): void {
  const line = `plugin ${plugin.name} ${plugin.version}: ${what}`;
  if (told.has(line)) return;
  told.add(line);
  tell(line);
}

/** Puts back what plugins changed of JavaScript itself, and says so; `plugin` is the one that just ran. */
export function undoPollution(plugin?: Stranger): void {
  if (!hasStrangers()) return;
  const changed = restoreIntrinsics();
  if (changed.length === 0) return;
  const names = changed.slice(0, 3).join(", ") + (changed.length > 3 ? " and more" : "");
  if (plugin === undefined) tell(`a plugin changed ${names}; it was put back`);
  else complain(plugin, `it changed ${names}, which all share; it was put back`);
}

/** stdout belongs to casr: a plugin that prints there would spoil the output for programs. */
function guardStdout(): void {
  const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
  const guarded = (chunk: unknown, ...rest: unknown[]): boolean => {
    const plugin = callingStranger();
    if (plugin === undefined) return write(chunk, ...rest);
    const text = typeof chunk === "string" ? chunk : "";
    complain(plugin, `it printed to stdout, which is left out: ${truncate(sanitizeLine(text.trim()), 60)}`);
    const done = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  process.stdout.write = guarded as typeof process.stdout.write;
}

/** When the process ends is casr's decision: writes must not be cut short. */
function guardExit(): void {
  for (const name of ["exit", "reallyExit", "abort"] as const) {
    const target = process as unknown as Record<string, (code?: number) => never>;
    const original = target[name]?.bind(process);
    if (original === undefined) continue;
    target[name] = (code?: number): never => {
      const plugin = callingStranger();
      if (plugin === undefined) return original(code);
      throw new Error(`it called process.${name}`);
    };
  }
}

/** What a plugin throws when nobody listens (in a timer, in a promise it forgot) must not end the run. */
function guardStrayErrors(): void {
  const onStray = (error: unknown): void => {
    const plugin = blamed(error instanceof Error ? error.stack : undefined);
    if (plugin !== undefined) {
      complain(plugin, `it failed in the background: ${messageOf(error).split("\n", 1)[0]}`);
      return;
    }
    // As without a handler: a bug of casr's own, the stack, status 1.
    process.off("uncaughtException", onStray).off("unhandledRejection", onStray);
    queueMicrotask(() => {
      throw error;
    });
  };
  process.on("uncaughtException", onStray).on("unhandledRejection", onStray);
}

/** Watches the code that did not come with casr. Costs nothing where there is none. */
export function guardProcess(plugins: Stranger[], warn: Warn): void {
  tell = warn;
  watchStrangers(plugins);
  if (plugins.length === 0 || isOn) return;
  isOn = true;
  guardStdout();
  guardExit();
  guardStrayErrors();
  rememberIntrinsics();
}
