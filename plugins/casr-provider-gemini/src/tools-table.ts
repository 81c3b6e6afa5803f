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

/** The server in the label of an MCP tool; undefined for other labels. */
export function mcpServer(displayName: string | undefined): string | undefined {
  return MCP_DISPLAY.exec(displayName ?? "")?.[2];
}

/**
 * Server and tool of an MCP tool's name: `mcp_<server>_<tool>`, before 0.34 `<server>__<tool>` or `<tool>` alone.
 * The name is not enough when the server's name has an underscore, or for the older forms: the label beside a
 * recorded call tells, or `servers`, those that other calls of the session name.
 */
export function mcpParts(
  name: string,
  displayName?: string,
  servers?: ReadonlySet<string>,
): { server: string; tool: string } | undefined {
  const labelled = mcpServer(displayName);
  const candidates = labelled === undefined ? [...(servers ?? [])] : [labelled];
  const known = candidates
    .filter((server) => isPrefix(`mcp_${server}_`, name))
    .sort((a, b) => b.length - a.length)[0];
  if (known !== undefined) return { server: known, tool: name.slice(`mcp_${known}_`.length) };
  if (name.startsWith("mcp_")) {
    const split = /^mcp_([^_]+)_(.+)$/su.exec(name);
    return split === null ? undefined : { server: split[1]!, tool: split[2]! };
  }
  if (labelled === undefined) return undefined;
  const prefix = `${labelled}__`;
  return { server: labelled, tool: isPrefix(prefix, name) ? name.slice(prefix.length) : name };
}

function isPrefix(prefix: string, name: string): boolean {
  return name.startsWith(prefix) && name.length > prefix.length;
}
