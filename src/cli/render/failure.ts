import type { Failure } from "../failure.ts";
import type { Style } from "./style.ts";
import { sanitizeLine, sanitizeText } from "./text.ts";

/** A failure for people: the message, then what to do next. Goes to stderr. */
export function renderFailure(failure: Failure, style: Style): string {
  const label = failure.code === "interrupted" ? style.warn("stopped:") : style.bad("error:");
  const message = failure.code === "interrupted" ? failure.message.replace(/^Stopped /, "") : failure.message;
  const lines = [`${label} ${sanitizeText(message)}`];
  const { undone, left } = failure.context;
  if (undone === true && left === undefined) lines.push("  Everything is as it was before.");
  for (const suggestion of failure.suggestions)
    lines.push(`  ${style.accent("→")} ${sanitizeLine(suggestion)}`);
  if (failure.stack !== undefined) lines.push(style.dim(sanitizeText(failure.stack)));
  return `${lines.join("\n")}\n`;
}

/** One warning line for stderr. */
export function renderWarning(message: string, style: Style): string {
  return `${style.warn("warning:")} ${sanitizeLine(message)}\n`;
}
