import type { JsonObject } from "casr-cli/provider";
import { numberAt, stringAt } from "./json.ts";

/** This provider's slug, as it stands in session headers. */
export const SLUG = "pi";

/** Entry types of Pi up to 1.5 that hold no part of the conversation. */
export const STATE_ENTRIES: ReadonlySet<string> = new Set([
  "session",
  "model_change",
  "thinking_level_change",
  "custom",
  "label",
  "session_info",
  "usage",
]);

/** What the model gets in place of everything before a compaction (0.73.1). */
export function compactionText(summary: string): string {
  return `The conversation history before this point was compacted into the following summary:\n\n<summary>\n${summary}\n</summary>`;
}

/** What the model gets of a branch that was left (0.73.1). */
export function branchText(summary: string): string {
  return `The following is a summary of a branch that this conversation came back from:\n\n<summary>\n${summary}</summary>`;
}

/** What the model gets of a command that a person ran with `!` (0.73.1). */
export function commandText(message: JsonObject): string {
  const output = stringAt(message, "output") ?? "";
  const exitCode = numberAt(message, "exitCode") ?? 0;
  let text = `Ran \`${stringAt(message, "command") ?? ""}\`\n`;
  text += output === "" ? "(no output)" : `\`\`\`\n${output}\n\`\`\``;
  if (message["cancelled"] === true) text += "\n\n(command cancelled)";
  else if (exitCode !== 0) text += `\n\nCommand exited with code ${exitCode}`;
  const whole = stringAt(message, "fullOutputPath") ?? "";
  if (message["truncated"] === true && whole !== "") text += `\n\n[Output truncated. Full output: ${whole}]`;
  return text;
}
