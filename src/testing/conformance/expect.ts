import { isCasrError, messageOf } from "../../core/errors.ts";

/** Thrown by a check that found something wrong; the message is the whole explanation. */
export class NotConforming extends Error {
  override readonly name = "NotConforming";
}

/** Throws `message` unless `condition` holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new NotConforming(message);
}

/** Throws for the first position at which two lists of lines differ; `what` names the second one. */
export function mustEqualLines(found: string[], wanted: string[], what: string): void {
  const position = wanted.findIndex((line, index) => line !== found[index]);
  const at = position === -1 && found.length > wanted.length ? wanted.length : position;
  if (at === -1) return;
  const one = (line: string | undefined): string => (line === undefined ? "(nothing)" : line.trim());
  throw new NotConforming(
    `${what}: line ${at + 1} of ${wanted.length} should be\n  ${one(wanted[at])}\nbut is\n  ${one(found[at])}`,
  );
}

/**
 * Whether an error is one a provider may end with: one of casr's own. Any other one is a fault of
 * the provider and is thrown on, with `what` in front.
 */
export function mustBeTyped(error: unknown, what: string): void {
  if (isCasrError(error)) return;
  const kind = error instanceof Error ? error.name : typeof error;
  throw new NotConforming(
    `${what}: it threw ${kind} “${messageOf(error)}”; only casr errors may come out of a provider`,
  );
}

/** Rejects when `action` takes longer than `seconds`: a provider that hangs must not hang its checks. */
export async function within<T>(seconds: number, what: string, action: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `${what} did not end within ${seconds} seconds`;
    timer = setTimeout(() => reject(new NotConforming(message)), seconds * 1000);
  });
  try {
    return await Promise.race([action(), late]);
  } finally {
    clearTimeout(timer);
  }
}
