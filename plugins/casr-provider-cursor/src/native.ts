/** The provider's slug. */
export const SLUG = "cursor";

/** `type` of a bubble (Cursor 0.4x to 3.16). */
export const USER_BUBBLE = 1;
export const ASSISTANT_BUBBLE = 2;

/** `capabilityType` of bubbles that hold a tool's call or a thought. */
export const TOOL_CAPABILITY = 15;
export const THOUGHT_CAPABILITY = 30;

/** Numbers of the editor's tools (enum `ClientSideToolV2` of Cursor 2.3.41, used up to 3.16), by name. */
export const TOOL_NUMBERS: Readonly<Record<string, number>> = {
  read_file: 5,
  list_dir: 6,
  edit_file: 7,
  file_search: 8,
  delete_file: 11,
  run_terminal_cmd: 15,
  run_terminal_command_v2: 15,
  web_search: 18,
  edit_file_v2: 38,
  list_dir_v2: 39,
  read_file_v2: 40,
  ripgrep_raw_search: 41,
  glob_file_search: 42,
  task_v2: 48,
  call_mcp_tool: 49,
  ask_question: 51,
};

/** Names a session has as long as nobody named it. */
const UNNAMED = new Set(["", "New Agent", "New Chat", "New Composer", "Untitled"]);

/** A name somebody, or the agent, gave the session. */
export function givenName(name: unknown): string | undefined {
  if (typeof name !== "string") return undefined;
  const trimmed = name.trim();
  return UNNAMED.has(trimmed) ? undefined : trimmed;
}

/** A model's name; `default` is only what the picker shows. */
export function modelName(name: unknown): string | undefined {
  return typeof name === "string" && name !== "" && name !== "default" ? name : undefined;
}

/** Ids that can be a name of a file and a word of a command. */
export const USABLE_ID = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,254}$/u;
