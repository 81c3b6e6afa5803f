import { ERROR_CODES, ERROR_TYPES, isCasrError, messageOf, type ErrorCode } from "../core/errors.ts";
import type { JsonObject } from "../session/json.ts";
import { receivedSignal, signalStatus } from "./interrupt.ts";

/** Why a run failed, ready to be printed for people or machines. */
export interface Failure {
  code: ErrorCode | "interrupted";
  /** The Rust casr's name for it. */
  errorType: string;
  exitStatus: number;
  message: string;
  suggestions: string[];
  context: JsonObject;
  /** Only for bugs. */
  stack?: string;
}

/** What this module needs to know of oclif's errors, which it recognises by shape: their classes are slow to load. */
interface OclifError extends Error {
  oclif: { exit?: number };
  parse?: unknown;
  flags?: unknown;
}

function isOclifError(error: unknown): error is OclifError {
  return (
    error instanceof Error && "oclif" in error && typeof error.oclif === "object" && error.oclif !== null
  );
}

/** oclif's parser messages without its decoration, in our words where its own are odd. */
function usageMessage(message: string): string {
  const plain = message
    .replace(/\nSee more help with --help$/, "")
    .replace(/^The following errors? occurred:\s*/, "")
    .trim();
  const missing = /^Missing \d+ required args?:?\n?(.*)$/s.exec(plain);
  if (missing !== null) {
    const names = missing[1]!.split("\n").map((line) => line.trim().split(/\s+/)[0]!.toUpperCase());
    return `Missing: ${names.filter((name) => name !== "").join(", ")}`;
  }
  return plain
    .replace(/^(--[^\s=]+)\S* cannot also be provided when using (--\S+)/, "$1 and $2 do not go together")
    .replace(/^Nonexistent flags?: (.*)$/s, "There is no flag $1")
    .replace(/^Parsing (--\S+)\s+/, "$1: ")
    .replace(/^Unexpected arguments?: (.*)$/s, "Too many words: $1");
}

/** A write that the signal cut short, and that was put back whole. */
function isCleanStop(error: unknown): boolean {
  return isCasrError(error) && error.context["interrupted"] === true && error.context["left"] === undefined;
}

function ofSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP", error: unknown): Failure {
  return {
    code: "interrupted",
    errorType: "Interrupted",
    exitStatus: signalStatus(signal),
    message: `Stopped by ${signal}.`,
    suggestions: [],
    context: isCleanStop(error) ? { signal, undone: true } : { signal },
  };
}

/**
 * What anything thrown means. `command` is the command that ran (`resume`), for the pointer to its
 * help; `wantsStack` adds the stack of bugs.
 */
export function describeFailure(error: unknown, command: string | undefined, wantsStack: boolean): Failure {
  const signal = receivedSignal();
  const isStop = error instanceof Error ? error.name === "AbortError" || isCleanStop(error) : true;
  if (signal !== undefined && isStop) return ofSignal(signal, error);
  const help = command === undefined ? "casr --help" : `casr ${command} --help`;
  if (isCasrError(error)) {
    // A plugin's own copy of the class may know codes this casr does not.
    const code = Object.hasOwn(ERROR_CODES, error.code) ? error.code : "provider-fault";
    // Thrown while a flag was parsed: oclif has put words around the message.
    const isFlag = code === "usage" && error.message.startsWith("Parsing --");
    return {
      code,
      errorType: ERROR_TYPES[code],
      exitStatus: ERROR_CODES[code],
      message: isFlag ? usageMessage(error.message) : error.message,
      suggestions: isFlag ? [...error.suggestions, help] : error.suggestions,
      context: error.context,
    };
  }
  if (isOclifError(error)) {
    const isUsage = error.parse !== undefined || error.oclif.exit === ERROR_CODES.usage;
    return {
      code: "usage",
      errorType: ERROR_TYPES.usage,
      exitStatus: error.oclif.exit ?? ERROR_CODES.usage,
      message: usageMessage(error.message),
      suggestions: isUsage ? [help] : [],
      context: {},
    };
  }
  const failure: Failure = {
    code: "internal",
    errorType: ERROR_TYPES.internal,
    exitStatus: ERROR_CODES.internal,
    message: `This is a bug in casr: ${messageOf(error)}`,
    suggestions: wantsStack ? [] : ["Run it again with --trace and report what it prints."],
    context: {},
  };
  if (wantsStack && error instanceof Error && error.stack !== undefined) failure.stack = error.stack;
  return failure;
}
