/** Names the user interface shows for the CLI's own tools (0.61.0). */
export const DISPLAY_NAMES: Readonly<Record<string, string>> = {
  run_shell_command: "Shell",
  read_file: "ReadFile",
  write_file: "WriteFile",
  replace: "Edit",
  list_directory: "ReadFolder",
  glob: "FindFiles",
  grep_search: "SearchText",
  web_fetch: "WebFetch",
  google_web_search: "GoogleSearch",
  write_todos: "WriteTodos",
  invoke_agent: "Invoke Agent",
  ask_user: "Ask User",
};

const MCP_DISPLAY = /^(.+) \((.+) MCP Server\)$/su;

/** `tool (server MCP Server)`, as the CLI labels a tool of an MCP server. */
export function mcpDisplayName(server: string, tool: string): string {
  return `${tool} (${server} MCP Server)`;
}

/**
 * Server and tool of an MCP tool's name. The name alone (`mcp_<server>_<tool>`) is not enough when the
 * server's name has an underscore; the label beside a recorded call tells.
 */
export function mcpParts(name: string, displayName?: string): { server: string; tool: string } | undefined {
  if (!name.startsWith("mcp_")) return undefined;
  const label = MCP_DISPLAY.exec(displayName ?? "");
  if (label !== null && name === `mcp_${label[2]}_${label[1]}`) return { server: label[2]!, tool: label[1]! };
  const split = /^mcp_([^_]+)_(.+)$/su.exec(name);
  return split === null ? undefined : { server: split[1]!, tool: split[2]! };
}
