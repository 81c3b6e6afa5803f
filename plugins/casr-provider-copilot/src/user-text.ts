import type { JsonObject } from "casr-cli/provider";
import { stringAt } from "./json.ts";
import { referenceText } from "./media.ts";

/** The time the CLI puts in front of each prompt. */
const DATE = /^<current_datetime>[^<]*<\/current_datetime>\s*/;
const REMINDER_OPEN = "<system_reminder>";
const REMINDER_CLOSE = "</system_reminder>";

/** Takes the reminders (to-do list, notices) off the end of a text. */
function withoutReminders(text: string): string {
  let rest = text.trimEnd();
  if (!rest.endsWith(REMINDER_CLOSE)) return text;
  while (rest.endsWith(REMINDER_CLOSE)) {
    const start = rest.lastIndexOf(REMINDER_OPEN);
    if (start === -1) break;
    rest = rest.slice(0, start).trimEnd();
  }
  return rest;
}

/**
 * The text of a prompt as the model gets it after a resume: `transformedContent` where there is one, without the
 * time and the reminders, which are the CLI's own; then the list of files named with it.
 */
export function sentText(data: JsonObject): string {
  const typed = stringAt(data, "content") ?? "";
  const transformed = stringAt(data, "transformedContent");
  // A prompt that reads like a reminder itself stays as it was typed.
  const text =
    transformed === undefined ? typed : keep(typed, withoutReminders(transformed.replace(DATE, "")));
  return text + referenceText(data);
}

/** The typed text where the CLI changed nothing but the white space around it. */
function keep(typed: string, sent: string): string {
  return sent.trim() === typed.trim() || (sent.trim() === "" && typed.trim() !== "") ? typed : sent;
}

/** What the model is told of a command that a person ran with `!` (1.0.102). */
export function shellText(command: string, success: boolean, output: string): string {
  const status = success ? "exit code 0" : "non-zero exit code";
  return `<user_shell_command_output>\nThe user executed a shell command directly in their terminal (${status}).\n\nCommand:\n${command}\n\nOutput:\n${output}\n</user_shell_command_output>`;
}

/** What the model gets in place of everything before a compaction (1.0.102). `prompts` are the user's messages before it. */
export function compactionText(
  prompts: readonly string[],
  summary: string,
  workflow: string | undefined,
): string {
  const list = prompts.map((prompt) => `<user_message>\n${prompt}\n</user_message>\n`).join("");
  const instructions =
    list === ""
      ? ""
      : `You were originally given instructions from a user over one or more turns. Here were the user messages:\n${list}\n`;
  const end = workflow === undefined || workflow === "" ? "" : `\n\n\n${workflow}`;
  return `Some of the conversation history has been summarized to free up context.\n\n${instructions}Here is a summary of the prior context:\n<summary>\n${summary}\n</summary>${end}`;
}
