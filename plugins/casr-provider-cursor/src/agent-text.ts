/** Elements with which the agent tells its model where it runs; it makes them anew at every start. */
const CONTEXT = [
  "agent_skills",
  "agent_transcripts",
  "always_applied_workspace_rules",
  "available_skills",
  "git_status",
  "mcp_file_system",
  "open_and_recently_viewed_files",
  "project_layout",
  "rules",
  "system_reminder",
  "terminal_files_information",
  "timestamp",
  "user_info",
  "user_rules",
];
const CONTEXT_ELEMENT = new RegExp(`^\\s*<(${CONTEXT.join("|")})\\b[^>]*>`, "u");
const OPEN = "<user_query>\n";
const CLOSE = "\n</user_query>";

/** A prompt as the agent puts it to its model. */
export function wrapPrompt(text: string): string {
  return `${OPEN}${text}${CLOSE}`;
}

/** `text` without the context elements it begins with. */
function withoutContext(text: string): string {
  let rest = text;
  for (;;) {
    const open = CONTEXT_ELEMENT.exec(rest);
    if (open === null) return rest;
    const close = `</${open[1]!}>`;
    const end = rest.indexOf(close, open[0].length);
    // An element that never ends is context to the end.
    if (end === -1) return "";
    rest = rest.slice(end + close.length);
  }
}

/** A text of a user message: what was said in it, told apart from what the agent put before it. */
export interface UserText {
  text: string;
  origin: "person" | "injected";
}

/** The texts in one text part of a user message, in order; none when all of it is the agent's context. */
export function userTexts(part: string): UserText[] {
  if (part.startsWith(OPEN) && part.endsWith(CLOSE) && part.length >= OPEN.length + CLOSE.length)
    return [{ text: part.slice(OPEN.length, -CLOSE.length), origin: "person" }];
  const open = part.indexOf("<user_query>");
  const close = part.lastIndexOf("</user_query>");
  const around = (text: string): UserText[] => {
    const rest = withoutContext(text);
    return rest.trim() === "" ? [] : [{ text: rest.trim(), origin: "injected" }];
  };
  if (open === -1 || close < open) {
    const rest = withoutContext(part);
    if (rest.trim() === "") return [];
    return [{ text: rest === part ? part : rest.trim(), origin: "person" }];
  }
  const prompt = part.slice(open + "<user_query>".length, close).replace(/^\n|\n$/gu, "");
  return [
    ...around(part.slice(0, open)),
    ...(prompt.trim() === "" ? [] : [{ text: prompt, origin: "person" as const }]),
    ...around(part.slice(close + "</user_query>".length)),
  ];
}

/** The workspace the agent named in its context. */
export function workspaceIn(part: string): string | undefined {
  return /^Workspace Path: (.+)$/mu.exec(part)?.[1]?.trim();
}
