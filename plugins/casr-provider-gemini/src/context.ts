import type { JsonObject } from "casr-cli/provider";
import { textOf } from "./native.ts";

/** Context the CLI makes anew at every start, in tags at the beginning of a user message. */
const TAGS = ["session_context", "hook_context"];

/**
 * What is left of a text once leading context is cut off; undefined when it does not begin with context.
 * A text that does not end with the closing tag has something of the user's behind it.
 */
function behindContext(text: string): string | undefined {
  const start = text.trimStart();
  const tag = TAGS.find((name) => start.startsWith(`<${name}>`));
  if (tag === undefined) return undefined;
  const close = `</${tag}>`;
  if (start.trimEnd().endsWith(close)) return "";
  const end = start.indexOf(close);
  return end === -1 ? "" : start.slice(end + close.length).trimStart();
}

/**
 * The parts of a user message without the context at its beginning. `firstKept` is the position of the
 * first kept part in `parts`. A part with `"thought": false` is the user's own text, whatever it begins with.
 */
export function cutContext(parts: JsonObject[]): { parts: JsonObject[]; firstKept: number } {
  let position = 0;
  for (; position < parts.length; position += 1) {
    const part = parts[position]!;
    const text = part["thought"] === false ? undefined : textOf(part);
    if (text === undefined) break;
    if (text.trim() === "") continue;
    const rest = behindContext(text);
    if (rest === undefined) break;
    if (rest !== "")
      return { parts: [{ ...part, text: rest }, ...parts.slice(position + 1)], firstKept: position };
  }
  // Blank parts are only skipped in front of context, never for themselves.
  const cut = parts.slice(0, position).some((part) => (textOf(part) ?? "").trim() !== "");
  return cut ? { parts: parts.slice(position), firstKept: position } : { parts, firstKept: 0 };
}

/** The folder in the "Workspace Directories" list of a `<session_context>` text. */
export function workspaceInContext(text: string): string | undefined {
  if (!text.trimStart().startsWith("<session_context>")) return undefined;
  return /\*\*Workspace Directories:\*\*\n {2}- ([^\n]+)/u.exec(text)?.[1];
}
