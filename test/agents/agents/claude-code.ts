import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-claude-code/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { listFiles, jsonLines, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

const UUID_FILE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jsonl$/i;

/** Texts the CLI puts into user messages by itself. */
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;

/**
 * The stored report of a background task. The CLI wraps it in a reminder, or sends it as a system text, and makes
 * such texts of its own when tasks of the session no longer run.
 */
const NOTIFICATION = /<task-notification>[\s\S]*<\/task-notification>/;

/** Reminders that are about what the person did: a file attached, a name given. */
const ABOUT_THE_PERSON =
  /^<system-reminder>\s*(?:Called the \w+ tool|Result of calling the \w+ tool|The user named this session)/;

/** What hooks of the person's said; sent for the system, but part of what happened. */
const FROM_HOOK = /^\w+(?::\w+)? hook (?:success|additional context|blocking error)/;

/** The CLI's own answer to a session that ends with a prompt or a tool result. */
const FILLER_ANSWER = "No response requested.";

export const claudeCode: Agent = {
  slug: "claude-code",
  label: "cc",
  package: { folder: "claude", name: "@anthropic-ai/claude-code", version: "2.1.329" },
  command: (folder) => [
    join(folder, "node_modules/@anthropic-ai", `claude-code-linux-${process.arch}`, "claude"),
  ],
  probe,
  list: {
    package: { folder: "claude-sdk", name: "@anthropic-ai/claude-agent-sdk", version: "0.3.329" },
    argv: (folder, node) => {
      const sdk = join(folder, "node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs");
      const script = `for (const one of await (await import(${JSON.stringify(sdk)})).listSessions()) console.log(JSON.stringify(one));`;
      return [node, "--input-type=module", "-e", script];
    },
  },
  sessions,
  conversation,
  isSummary: (text) => text.startsWith("This session is being continued from a previous conversation"),
  // A filler that the CLI stored stands in the session like any other answer.
  mayCarry: (text) =>
    ABOUT_THE_PERSON.test(text) ||
    FROM_HOOK.test(text) ||
    text.startsWith("<task-notification>") ||
    text.trim() === FILLER_ANSWER,
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".claude/projects")) {
    // projects/<folder>/<uuid>.jsonl; deeper files belong to subagents.
    if (path.split("/").length !== 4 || !UUID_FILE.test(basename(path))) continue;
    const records = jsonLines(await readFile(join(home, path)));
    const cwd = records.map((record) => stringField(record, "cwd")).find((value) => value !== undefined);
    if (cwd !== undefined) found.push({ id: basename(path, ".jsonl"), cwd, path });
  }
  return found;
}

function conversation(items: readonly WireItem[], asSource: boolean): WireItem[] {
  return items.flatMap((item): WireItem[] => {
    if (item.kind === "system") return [];
    if (item.kind === "assistant") return item.text.trim() === FILLER_ANSWER ? [] : [item];
    if (item.kind !== "user") return [item];
    const text = withoutReminders(item.text);
    if (text.trim() === "") return [];
    // A reminder inside a stored text, as in a summary, is part of that text.
    return [asSource && !NOTIFICATION.test(item.text) ? item : { ...item, text }];
  });
}

function withoutReminders(text: string): string {
  return text.replace(REMINDER, (reminder) => NOTIFICATION.exec(reminder)?.[0] ?? "");
}
