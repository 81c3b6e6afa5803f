import { arrayAt, isJsonObject, objectAt, type JsonObject, type JsonValue } from "../session/json.ts";
import { promptsOf, toolsOf } from "./prompts.ts";
import type { Route } from "./routes.ts";
import type { Purpose } from "./types.ts";

/**
 * How agents ask for the summary of a compaction, in the versions that were read or run. Such a request carries the
 * conversation and, in Claude Code, Codex and Continue, the tools too, so the words are what tells it apart.
 */
const COMPACTION_PROMPTS: readonly RegExp[] = [
  // Claude Code 2.1.329; Kilo Code's and Roo Code's extensions borrowed it.
  /Your task is to create a detailed summary of (?:the|this) (?:RECENT portion of the )?conversation/,
  // Codex 0.169.0 where the provider does not summarise by itself.
  /You are performing a CONTEXT CHECKPOINT COMPACTION/,
  // OpenCode 1.18.33 and Kilo Code: anew, and on top of an earlier one; the older prompt.
  /Create a new anchored summary from the conversation history/,
  /Construct a new summary that combines both/,
  /Provide a detailed prompt for continuing our conversation/,
  // Continue 1.5.47.
  /Please provide a concise summary of our conversation so far/,
  // Copilot CLI: the parts its checkpoints are made of, where none is told.
  /^(?![\s\S]*conversation history has been summarized)[\s\S]*<checkpoint_title>/,
  // Kimi Code 2.1.0; kimi-cli.
  /You are about to run out of context\. Create a handoff summary/,
  /compact this conversation context/,
];

/** The same for agents that say it in the system prompt. */
const COMPACTION_SYSTEMS: readonly RegExp[] = [
  // Gemini CLI 0.61.0, and its question whether the snapshot is complete.
  /responsible for distilling chat history into a structured XML <state_snapshot>/,
  // Qwen Code 0.24.4.
  /You are the component that summarizes a conversation when its context window is about to overflow/,
  // Pi, OpenCode.
  /^\s*You are an? (?:anchored )?context summarization assistant/,
  /^\s*You are a helpful AI assistant tasked with summarizing conversations/,
  // Cline 3.0.65.
  /^\s*Summarize the provided coding session into a concise continuation note/,
  // Aider 0.86.2.
  /^\s*\*Briefly\* summarize this partial conversation about programming/,
];

/** The conversation itself of agents that have no tools. Aider 0.86.2, in all its edit formats. */
const TOOLLESS_SYSTEMS: readonly RegExp[] = [/^\s*Act as an? (?:\w+ )*(?:developer|analyst|engineer)\b/];

/** Side requests that may come with tools. OpenCode 1.18.33 and Kilo Code. */
const SIDE_SYSTEMS: readonly RegExp[] = [/^\s*You are a title generator\b/];

/** Declared only because a service wants tools where calls are in the history (OpenCode 1.18.33). */
const PLACEHOLDER_TOOL = "_noop";

/**
 * What a request is for. Agents declare their tools on every request of the conversation itself, and on few others;
 * Gemini CLI's side requests also ask for JSON.
 */
export function purposeOf(route: Route, body: JsonValue): Purpose {
  if (route.action === "count-tokens") return "count";
  if (route.action === "compact") return "compaction";
  if (!isJsonObject(body)) return "side";
  const { system, last } = promptsOf(route.wire, body);
  if (asksForProviderSummary(body) || COMPACTION_PROMPTS.some((pattern) => pattern.test(last)))
    return "compaction";
  if (COMPACTION_SYSTEMS.some((pattern) => pattern.test(system))) return "compaction";
  if (SIDE_SYSTEMS.some((pattern) => pattern.test(system))) return "side";
  // Where the model has no choice but one tool, an agent asks for one fact: Amp for a title.
  if (route.wire === "anthropic" && objectAt(body, "tool_choice")?.["type"] === "tool") return "side";
  if (route.wire === "gemini" && jsonSchemaOf(body) !== undefined) return "side";
  if (TOOLLESS_SYSTEMS.some((pattern) => pattern.test(system))) return "conversation";
  return toolsOf(body).names.some((name) => name !== PLACEHOLDER_TOOL) ? "conversation" : "side";
}

/** Codex 0.169.0 asks the service itself for a summary, which then only the service can read. */
export function asksForProviderSummary(body: JsonObject): boolean {
  const last = (arrayAt(body, "input") ?? []).at(-1);
  return isJsonObject(last) && last["type"] === "compaction_trigger";
}

/** The schema of the JSON that an answer shall be; true when any shape will do, undefined when it shall be text. */
export function jsonSchemaOf(body: JsonObject): JsonValue | undefined {
  const config = objectAt(body, "generationConfig");
  if (config?.["responseMimeType"] === "application/json")
    return config["responseJsonSchema"] ?? config["responseSchema"] ?? true;
  const format =
    objectAt(objectAt(body, "output_config") ?? {}, "format") ??
    objectAt(body, "output_format") ??
    objectAt(objectAt(body, "text") ?? {}, "format") ??
    objectAt(body, "response_format");
  if (format?.["type"] === "json_object") return true;
  if (format?.["type"] !== "json_schema") return undefined;
  return format["schema"] ?? objectAt(format, "json_schema")?.["schema"] ?? true;
}
