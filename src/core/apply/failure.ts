import { CasrError, isCasrError, messageOf } from "../errors.ts";

const NEXT_STEPS: Record<string, [reason: string, suggestion: string]> = {
  ENOSPC: ["no space is left on the disk", "Free some space on that disk, then run the command again."],
  EDQUOT: ["the disk quota is used up", "Free some of your quota, then run the command again."],
  EFBIG: [
    "the file would be too large",
    "Raise the file size limit (ulimit -f), then run the command again.",
  ],
  EACCES: ["permission denied", "Check who owns that folder and whether you may write there."],
  EPERM: [
    "the system does not permit it",
    "Check the owner, the permissions and the attributes of that folder.",
  ],
  EROFS: [
    "the file system is read-only",
    "Make that file system writable, or point the agent's home somewhere else.",
  ],
  ENOENT: ["a folder on the way is not there any more", "Run the command again."],
  ENOTDIR: ["a part of the path is a file, not a folder", "Move that file away, then run the command again."],
  EISDIR: ["a folder is in the way", "Move that folder away, then run the command again."],
  ELOOP: [
    "a symbolic link is in the way",
    "Replace the link by a real file or folder, then run the command again.",
  ],
  EXDEV: [
    "the folder lies on more than one file system",
    "Run the command again; if it stays, report the folder's set-up.",
  ],
  EMFILE: [
    "too many files are open",
    "Raise the limit of open files (ulimit -n), then run the command again.",
  ],
  ENFILE: ["too many files are open on this machine", "Close some programs, then run the command again."],
  ENAMETOOLONG: ["the path is too long", "Use a workspace with a shorter path (--workspace)."],
  EBUSY: ["another program holds it", "Close the agent, then run the command again."],
  EIO: ["the disk reported an error", "Check the disk; nothing casr can do will help before."],
};

/** The system error code (`ENOSPC`, …) of anything thrown, or undefined. */
function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && /^E[A-Z0-9]+$/u.test(code) ? code : undefined;
}

/** Whether `error` is a system error with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const code = errnoOf(error);
  return code !== undefined && codes.includes(code);
}

/**
 * A system error as `write-failed` with a next step. Casr errors and errors that are no system
 * errors (bugs) come back as they are.
 */
export function asWriteFailure(error: unknown, doing: string, path: string): unknown {
  const code = errnoOf(error);
  if (isCasrError(error) || code === undefined) return error;
  const [reason, suggestion] = NEXT_STEPS[code] ?? [messageOf(error), "Run the command again."];
  return new CasrError("write-failed", `Could not ${doing} ${path}: ${reason} (${code}).`, {
    suggestions: [suggestion],
    context: { path, system_code: code },
    cause: error,
  });
}

/** Runs `act`; system errors become `write-failed` naming what was being done. */
export async function writing<T>(doing: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asWriteFailure(error, doing, path);
  }
}

/** `write-failed` for a state of the store that keeps casr from writing. */
export function writeFailed(message: string, suggestion: string, path: string, cause?: unknown): CasrError {
  return new CasrError("write-failed", message, { suggestions: [suggestion], context: { path }, cause });
}

/** What an aborted transaction throws once everything is put back. */
export function interrupted(): CasrError {
  return new CasrError("write-failed", "Interrupted before the session was complete.", {
    suggestions: ["Run the command again."],
    context: { interrupted: true },
  });
}

/** A file that must not be there yet is there. */
export function targetExists(path: string): CasrError {
  return new CasrError("target-exists", `${path} exists already.`, {
    suggestions: ["Add --force to replace it; the old file is then kept as a backup beside it."],
    context: { path },
  });
}

/** A plan that a correct plugin would not make. */
export function planFault(message: string, cause?: unknown): CasrError {
  return new CasrError("provider-fault", `The provider made a plan that is refused: ${message}.`, {
    suggestions: ["Update or reinstall the provider's plugin, and report this to its author."],
    cause,
  });
}
