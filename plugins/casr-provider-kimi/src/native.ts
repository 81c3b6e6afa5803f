import type { JsonObject } from "casr-cli/provider";

/** This provider's slug, as it stands in session headers. */
export const SLUG = "kimi";

/** The version of the journal's records that Kimi Code 2.1.0 writes. */
export const PROTOCOL = "1.5";

/** The agent of a session that talks with the person; the others are its subagents. */
export const MAIN_AGENT = "main";

/** The journal of one agent, below its folder. */
export const JOURNAL = "wire.jsonl";

/** Facts about a session, in its folder; up to 0.2 in a folder of its own. */
export const STATE = "state.json";

/** Injected messages of casr's own: a text that nobody typed, and the record of a command. */
export const CASR_INJECTED = "casr";
export const CASR_COMMAND = "casr_command";

/**
 * Injections that Kimi Code 2.1.0 makes anew where they are wanted: dates, modes, instructions, lists of tools and
 * the like. Everything else that was injected belongs to the conversation (an interruption, a task that ended).
 */
export const MADE_ANEW: ReadonlySet<string> = new Set([
  "agents_md",
  "agents_md_change",
  "background_task_status",
  "compaction_continuation",
  "date_change",
  "dynamic_tool_schema",
  "loadable-tools",
  "notify_user_nudge",
  "permission_mode",
  "plan_mode",
  "plugin_change",
  "plugin_session_start",
  "swarm_mode",
  "swarm_mode_exit",
  "todo_list_reminder",
  "tower_mode",
]);

/** What Kimi Code sends for a call that was under way when the agent ended (2.1.0). */
export const INTERRUPTED =
  "Tool execution was interrupted before its result was recorded. Do not assume the tool completed successfully.";

/** How Kimi Code tells its model of a failed call and of an empty answer (2.1.0). */
const FAILED = "<system>ERROR: Tool execution failed.</system>";
const EMPTY_FAILED = "<system>ERROR: Tool execution failed. Tool output is empty.</system>";
const EMPTY = "<system>Tool output is empty.</system>";

/** What an answer without any text holds in the journal (2.1.0). */
export const NOTHING = "Tool output is empty.";

/** A result of one text as the model gets it; `result` is what the journal holds of it. */
export function rendered(text: string, result: JsonObject): string {
  const { isError, note, durationMs } = result;
  let shown = text;
  if (isError === true) shown = text === "" ? EMPTY_FAILED : `${FAILED}\n${text}`;
  else if (text.trim() === "" || text.trim() === NOTHING) shown = EMPTY;
  if (typeof durationMs === "number")
    shown = `Wall time: ${(durationMs / 1000).toFixed(3)} seconds\n${shown}`;
  return typeof note === "string" && note !== "" ? `${shown}\n${note}` : shown;
}
