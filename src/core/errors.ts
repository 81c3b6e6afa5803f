import type { JsonObject } from "../session/json.ts";

/** Marks casr errors, also those made by a plugin's own copy of this class. */
const BRAND = Symbol.for("casr.error");

/** What went wrong, as a stable word, with the exit status each has. */
export const ERROR_CODES = {
  internal: 1,
  usage: 2,
  "session-not-found": 3,
  "ambiguous-session": 4,
  "unknown-provider": 5,
  "capability-missing": 6,
  "source-unreadable": 7,
  "invalid-session": 7,
  "target-exists": 8,
  "write-failed": 9,
  "verification-failed": 10,
  "provider-fault": 11,
  "loss-refused": 12,
  "install-failed": 13,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Names of the Rust casr's error types, for scripts that match on `error_type`. */
export const ERROR_TYPES: Record<ErrorCode, string> = {
  internal: "InternalError",
  usage: "UsageError",
  "session-not-found": "SessionNotFound",
  "ambiguous-session": "AmbiguousSessionId",
  "unknown-provider": "UnknownProviderAlias",
  "capability-missing": "CapabilityMissing",
  "source-unreadable": "SessionReadError",
  "invalid-session": "ValidationError",
  "target-exists": "SessionConflict",
  "write-failed": "SessionWriteError",
  "verification-failed": "VerifyFailed",
  "provider-fault": "ProviderFault",
  "loss-refused": "LossRefused",
  "install-failed": "InstallFailed",
};

export interface CasrErrorOptions {
  /** What to do next: full commands or sentences, best first. */
  suggestions?: string[];
  /** Facts for machines: candidates, providers checked, losses. */
  context?: JsonObject;
  cause?: unknown;
}

/** The one error class of casr; everything else that is thrown is a bug (exit status 1). */
export class CasrError extends Error {
  readonly code: ErrorCode;
  readonly suggestions: string[];
  readonly context: JsonObject;

  constructor(code: ErrorCode, message: string, options: CasrErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CasrError";
    this.code = code;
    this.suggestions = options.suggestions ?? [];
    this.context = options.context ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  get exitStatus(): number {
    return ERROR_CODES[this.code];
  }
}

/** Whether `error` is a casr error, whichever copy of the class made it. */
export function isCasrError(error: unknown): error is CasrError {
  return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
