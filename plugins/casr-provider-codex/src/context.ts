import type { JsonObject, JsonValue } from "casr-cli/provider";
import { arrayOf, isObject, stringOf } from "./json.ts";
import { contentKinds } from "./native.ts";

/**
 * What a content part of a user or developer message is: typed by a `person`, the record of a `command`
 * the person ran, a text `injected` into the conversation, a `compaction` summary, a `wrapper` around a
 * picture, or `chatter` that Codex makes anew when it starts.
 */
export type PartClass = "person" | "command" | "injected" | "compaction" | "wrapper" | "chatter";

/** How a summary begins that Codex made itself (`compact` of 0.47 to 0.169.0). */
const SUMMARY_START =
  "Another language model started to solve this problem and produced a summary of its thinking process";

/** The whole line in front of a summary: a message that begins with it is no prompt to keep. */
const SUMMARY_LINE = `${SUMMARY_START}. You also have access to the state of the tools that were used by that language model. Use this to build on the work that has already been done and avoid duplicating work. Here is the summary produced by the other language model, use the information in this summary to assist with your own analysis:\n`;

/** Whether Codex takes a user text for a summary of its own. */
export function isSummary(text: string): boolean {
  return text.startsWith(SUMMARY_LINE);
}

/** Texts put in front of a conversation, by first and last words; letter case does not matter. */
const CHATTER: [string, string][] = [
  ["<environment_context>", "</environment_context>"],
  ["# AGENTS.md instructions", "</INSTRUCTIONS>"],
  ["<user_instructions>", "</user_instructions>"],
  ["<skills_instructions>", "</skills_instructions>"],
  ["<permissions instructions>", "</permissions instructions>"],
  ["<collaboration_mode>", "</collaboration_mode>"],
  ["<apps_instructions>", "</apps_instructions>"],
  ["<plugins_instructions>", "</plugins_instructions>"],
  ["<current_time_reminder>", "</current_time_reminder>"],
  ["<rollout_budget>", "</rollout_budget>"],
];

const INJECTED: [string, string][] = [
  ["<turn_aborted>", "</turn_aborted>"],
  ["<subagent_notification>", "</subagent_notification>"],
  ["<skill>", "</skill>"],
  ["<hook_prompt", "</hook_prompt>"],
  ["<goal_context>", "</goal_context>"],
  ["<codex_internal_context", "</codex_internal_context>"],
];

const COMMAND: [string, string] = ["<user_shell_command>", "</user_shell_command>"];

/** Content item kinds whose text belongs to the conversation though nobody typed it (codex-cli 0.169.0). */
const CONVERSATION_KINDS = /^(?:generic\.turn_aborted|hooks\.|guardian\.approved_action)/;

const CHATTER_KINDS =
  /^(?:environments\.|agents_md\.|host_skills\.|skills\.instructions|permissions\.|collaboration_mode\.|tools\.|model\.|apps\.|plugins\.|memories\.|multi_agent\.(?:role|mode|usage)|current_time\.|rollout_budget\.|token_budget\.|context_window|personality|realtime\.|world_state)/;

function between(text: string, [first, last]: [string, string]): boolean {
  const trimmed = text.trim();
  // Only the ends are looked at: a text may be a hundred megabytes.
  return (
    trimmed.slice(0, first.length).toLowerCase() === first.toLowerCase() &&
    trimmed.slice(-last.length).toLowerCase() === last.toLowerCase()
  );
}

/** What Codex puts in the place of a picture it cannot send. */
const IMAGE_NOTE = /^(?:image content omitted because |\[image unavailable\]$)/;

const IMAGE_OPEN = /^<image(?: name=[^\n>]*)?>$/;

/** Whether a text part is one of the two that Codex puts around an attached picture. */
function isImageWrapper(text: string): boolean {
  const trimmed = text.trim();
  return trimmed === "</image>" || IMAGE_OPEN.test(trimmed);
}

/** The path or label in `<image name=[Image #1] path="…">`. */
export function imageLabel(text: string): string | undefined {
  const path = /\bpath="([^"]*)"/.exec(text)?.[1];
  return path ?? /\bname=(\[[^\]]*\]|[^\s>]+)/.exec(text)?.[1];
}

function classifyUserText(text: string): PartClass {
  if (CHATTER.some((marks) => between(text, marks))) return "chatter";
  if (between(text, COMMAND)) return "command";
  if (INJECTED.some((marks) => between(text, marks))) return "injected";
  if (text.startsWith(SUMMARY_START)) return "compaction";
  return "person";
}

function classifyUserPart(text: string, kind: string | undefined): PartClass {
  if (kind === undefined || kind === "unknown") return classifyUserText(text);
  // The note that stands where a picture of the person could not be read belongs to the prompt.
  if (kind.startsWith("user.") || kind.startsWith("images.")) return "person";
  if (kind === "shell.user_command") return "command";
  if (kind === "compaction.summary") return "compaction";
  return CHATTER_KINDS.test(kind) ? "chatter" : "injected";
}

function classifyDeveloperPart(text: string, kind: string | undefined, clientAuthored: boolean): PartClass {
  if (kind !== undefined && CONVERSATION_KINDS.test(kind)) return "injected";
  if (kind === undefined && between(text, ["<turn_aborted>", "</turn_aborted>"])) return "injected";
  return clientAuthored ? "injected" : "chatter";
}

/** One content part with its class. Pictures have no text. */
export interface ClassedPart {
  part: JsonObject;
  class: PartClass;
  text?: string;
}

/**
 * The parts of a user or developer `message` item. `clientAuthored`: `metadata.client_authored` of the line,
 * set where a program that drives Codex put the text in.
 */
export function classifyParts(item: JsonObject, clientAuthored: boolean): ClassedPart[] {
  const kinds = contentKinds(item);
  const developer = stringOf(item, "role") === "developer";
  const content = arrayOf(item, "content");
  const pictures = content.some(
    (part) => stringOf(part, "type") === "input_image" || IMAGE_NOTE.test(stringOf(part, "text") ?? ""),
  );
  return content.flatMap((part: JsonValue, index): ClassedPart[] => {
    if (!isObject(part)) return [];
    const text = stringOf(part, "text");
    const kind = kinds[index];
    if (text === undefined) return [{ part, class: developer ? "chatter" : "person" }];
    if (developer) return [{ part, class: classifyDeveloperPart(text, kind, clientAuthored), text }];
    const found = classifyUserPart(text, kind);
    const wraps = found === "person" && pictures && isImageWrapper(text);
    return [{ part, class: wraps ? "wrapper" : found, text }];
  });
}

/** Whether a `message` item of the user starts a turn for Codex: nothing in it was put in by Codex. */
export function startsTurn(item: JsonObject): boolean {
  if (stringOf(item, "role") !== "user") return false;
  const parts = classifyParts(item, false);
  return !parts.some(
    (part) => part.class === "chatter" || part.class === "command" || part.class === "injected",
  );
}

/** The typed text of a `message` item as Codex counts it: text parts without picture wrappers, put together. */
export function typedText(item: JsonObject): string {
  return classifyParts(item, false)
    .filter((part) => part.class === "person")
    .map((part) => part.text ?? "")
    .join("");
}
