import type { JsonObject } from "casr-cli/provider";
import { stringAt } from "./json.ts";

/** This provider's slug, as it stands in session headers. */
export const SLUG = "copilot";

/** The version written sessions claim: the one they were checked with. */
export const WRITTEN_VERSION = "1.0.102";

/** The families of events that Copilot CLI 1.0.102 knows (`schemas/session-events.schema.json` in its package). */
const FAMILIES = new Set([
  "abort",
  "agent",
  "assistant",
  "auto_mode_switch",
  "capabilities",
  "command",
  "commands",
  "elicitation",
  "exit_plan_mode",
  "external_tool",
  "hook",
  "human_response",
  "mcp",
  "mcp_app",
  "model",
  "pending_messages",
  "permission",
  "prompt_cache_break",
  "sampling",
  "sandbox",
  "session",
  "session_limits_exhausted",
  "skill",
  "subagent",
  "system",
  "tool",
  "tool_search",
  "ui",
  "user",
  "user_input",
  "workflow",
]);

/** Whether the CLI's own schema could have such an event. */
export function isKnownEvent(type: string): boolean {
  return FAMILIES.has(type.split(".", 1)[0]!);
}

/** Events that are large or many, and tell a reader nothing. */
export const SKIPPED: ReadonlySet<string> = new Set([
  "system.message",
  "session.usage_record",
  "session.usage_checkpoint",
  "assistant.turn_start",
  "assistant.turn_end",
  "model.messages_snapshot",
  "model.model_call_success",
  "model.model_call_started",
  "model.message",
  "model.response",
  "model.turn_started",
  "model.turn_ended",
  "hook.start",
  "hook.end",
]);

/** An event of a subagent: all of its events are in its parent's file and none is sent with the parent's. */
export function ofSubagent(event: JsonObject, data: JsonObject): boolean {
  return (stringAt(event, "agentId") ?? "") !== "" || (stringAt(data, "parentToolCallId") ?? "") !== "";
}

/** What the CLI says in place of a failed call's result that has no message. */
export const FAILED = "Tool execution failed";

/** A prompt that another program made; only prompts of other agents count as the user's own words. */
export function isInjected(data: JsonObject): boolean {
  return (stringAt(data, "source") ?? "") !== "" || data["isAutopilotContinuation"] === true;
}

/** Whether a compaction lists this prompt among the user's messages (1.0.102). */
export function countsAsUserMessage(data: JsonObject): boolean {
  const source = stringAt(data, "source") ?? "";
  return source === "" || source.startsWith("agent-");
}
