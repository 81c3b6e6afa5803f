import type { Block } from "casr-cli/provider";

/** The extension adds this to every prompt anew: files that are open, the time, the mode. */
const ENVIRONMENT = "environment_details";
/** Around what a person typed. */
const WRAPPERS = ["task", "feedback", "user_message"];

/** A prompt of a task without what the extension put around and behind it. */
export function taskBlocks(content: readonly Block[]): Block[] {
  return content.flatMap((block): Block[] => {
    if (block.type !== "text") return [block];
    const text = unwrapped(withoutEnvironment(block.text).trim());
    return text === "" ? [] : [{ ...block, text }];
  });
}

/** The workspace in the environment text of a prompt. */
export function workspaceInText(text: string): string | undefined {
  return /# Current (?:Working|Workspace) Directory \(([^\n]+)\) Files/u.exec(text)?.[1];
}

/** The environment is the last thing in a text. */
function withoutEnvironment(text: string): string {
  const start = text.indexOf(`<${ENVIRONMENT}>`);
  const end = text.lastIndexOf(`</${ENVIRONMENT}>`);
  if (start === -1 || end < start) return text;
  return text.slice(0, start) + text.slice(end + ENVIRONMENT.length + 3);
}

function unwrapped(text: string): string {
  for (const tag of WRAPPERS) {
    const open = `<${tag}>`;
    const close = `</${tag}>`;
    if (text.startsWith(open) && text.endsWith(close)) return text.slice(open.length, -close.length).trim();
  }
  return text;
}
