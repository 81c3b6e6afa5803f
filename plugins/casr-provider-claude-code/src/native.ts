import type { JsonObject } from "casr-cli/provider";
import { objectAt, stringAt } from "./json.ts";

/** This provider's slug, as it stands in session headers. */
export const SLUG = "claude-code";

/** The version written sessions claim: the one they were checked with. */
export const WRITTEN_VERSION = "2.1.329";

/** Record types that hold the state of the agent or its interface and never reach the model. */
export const STATE_RECORDS: ReadonlySet<string> = new Set([
  "summary",
  "custom-title",
  "ai-title",
  "agent-name",
  "agent-color",
  "agent-setting",
  "tag",
  "last-prompt",
  "queue-operation",
  "mode",
  "permission-mode",
  "tools-used",
  "cost-state",
  "atis-latch",
  "file-history-snapshot",
  "file-history-delta",
  "progress",
  "api-request-shape",
  "api-request-blob",
  "api-request",
  "pr-link",
  "worktree-state",
]);

/** Attachments that are part of the conversation. All others are made anew by the agent at each start. */
export const CONTENT_ATTACHMENTS: ReadonlySet<string> = new Set([
  "file",
  "directory",
  "mcp_resource",
  "queued_command",
  "hook_additional_context",
  "hook_blocking_error",
  "hook_success",
]);

/** The model name of answers the agent made itself (errors, fillers). */
export const SYNTHETIC_MODEL = "<synthetic>";

/** The signature of reasoning whose real one is not known; never sent because its record names no Claude model. */
export const FOREIGN_SIGNATURE = "casr:foreign";

/** Whether Anthropic's service could have made an answer of this model. */
export function isClaudeModel(model: string): boolean {
  return /claude|anthropic/i.test(model);
}

/** An error shown to the person in place of an answer; never sent. */
export function isErrorNotice(record: JsonObject): boolean {
  return (
    record["isApiErrorMessage"] === true && stringAt(objectAt(record, "message"), "model") === SYNTHETIC_MODEL
  );
}

const COMMAND_TEXT =
  /^\s*<(?:bash-input|bash-stdout|bash-stderr|command-name|command-message|local-command-[a-z]+)>/;
const MACHINE_TEXT = /^\s*(?:<task-notification>|<system-reminder>|\[Request interrupted by user)/;

/** A text that records a command the person ran in the agent (`!` mode, slash commands). */
export function isCommandText(text: string): boolean {
  return COMMAND_TEXT.test(text);
}

/** A text the agent put among the person's messages and knows how to show. */
export function isMachineText(text: string): boolean {
  return MACHINE_TEXT.test(text);
}

/** Whether a user text can serve as a title: typed prose, not one of the agent's tagged texts. */
export function isPromptText(text: string): boolean {
  return text.trim() !== "" && !/^\s*<[a-z][a-z0-9-]*>/i.test(text) && !isMachineText(text);
}
