import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject } from "./json.ts";

/**
 * The two layouts of a stored session: `session` is the CLI's (3.x, and the extension built on the same SDK),
 * `task` the extension's own (to 3.89, and still written by most 4.x windows).
 */
export type Layout = "session" | "task";

/** The conversation of a task, below `tasks/<id>/`. */
export const TASK_FILE = "api_conversation_history.json";
/** What the interface of a task shows; its name up to 2024 was another one. */
export const TASK_UI_FILES = ["ui_messages.json", "claude_messages.json"];
/** The conversation of a session is `<id>.messages.json`, its compacted form `<id>.compaction.json`. */
export const MESSAGES_SUFFIX = ".messages.json";
export const COMPACTION_SUFFIX = ".compaction.json";

/** In front of a summary that stands for earlier messages. */
export const SUMMARY_HEAD = "Context summary:";

/** Texts the agent says to its model by itself, in a person's place (CLI 3.0.65, extension 4.1). */
const INJECTED = [
  "[SYSTEM] You still have team obligations.",
  "System-delivered teammate async run updates:",
  "The user approved switching to act mode. Continue with the approved plan now.",
  "Warning: this is a legacy conversation, which means tool names may have changed.",
];

export function isInjected(text: string): boolean {
  return INJECTED.some((start) => text.startsWith(start));
}

/** Content as blocks: a string is one text block. */
export function blocksOf(content: JsonValue | undefined): JsonObject[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return Array.isArray(content) ? content.filter(isObject) : [];
}

const WRAPPERS = ["user_input", "user_command"];

/**
 * A person's text as the CLI sends it: white space around it and the tags `user_input` and `user_command` are cut,
 * what stands inside of them stays (3.0.65).
 */
export function sentText(text: string): string {
  let sent = text.trim();
  for (const tag of WRAPPERS) sent = withoutTag(sent, tag).trim();
  return sent;
}

/** Cuts pairs of the tag; where there is none, every opening one. Looks at each character once. */
function withoutTag(text: string, tag: string): string {
  const open = new RegExp(`<${tag}\\b[^>]*>`, "gu");
  const close = `</${tag}>`;
  let result = "";
  let from = 0;
  let paired = false;
  for (let match = open.exec(text); match !== null; match = open.exec(text)) {
    const end = text.indexOf(close, open.lastIndex);
    if (end === -1) break;
    paired = true;
    result += text.slice(from, match.index) + text.slice(open.lastIndex, end);
    from = end + close.length;
    open.lastIndex = from;
  }
  if (paired) return result + text.slice(from);
  return text.includes(`<${tag}`) ? text.replace(new RegExp(`<${tag}[^>]*>`, "gu"), "") : text;
}

/**
 * A text that the CLI sends as `text`, white space around it aside: tags that it would cut are put into tags of
 * their own, which it cuts in their place.
 */
export function storedText(text: string): string {
  return WRAPPERS.reduceRight(shielded, text);
}

function shielded(text: string, tag: string): string {
  const close = `</${tag}>`;
  const open = new RegExp(`<${tag}\\b[^>]*>`, "gu");
  const safe = text.replace(open, (found) => `<${tag}>${found}${close}`);
  // Without a pair of tags the CLI would cut everything that begins like one.
  return safe === text && text.includes(`<${tag}`) ? `<${tag}>${close}${text}` : safe;
}

/** A person's text as people see it: without the notes about a changed mode that are sent with it. */
export function shownText(text: string): string {
  return withoutElements(sentText(text), "mode_notice").trim();
}

/** Cuts whole elements, tags and content. */
function withoutElements(text: string, tag: string): string {
  const open = `<${tag}>`;
  const close = `</${tag}>`;
  let result = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const end = start === -1 ? -1 : text.indexOf(close, start + open.length);
    if (end === -1) return result + text.slice(from);
    result += text.slice(from, start);
    from = end + close.length;
  }
}

/** How an attached text file is sent. */
export function fileText(path: string, content: string): string {
  return `<file_content path="${path}">\n${content}\n</file_content>`;
}
