import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { probe } from "../../../plugins/casr-provider-copilot/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { jsonLines, listFiles, objectField, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

const SESSION = /^\.copilot\/session-state\/([0-9a-f-]{36})\/events\.jsonl$/;

/** What the CLI puts around a prompt each time it sends it. */
const DATE = /^<current_datetime>[^<]*<\/current_datetime>\s*/;
const REMINDERS =
  /(?:\s*<system_reminder>(?:(?!<system_reminder>)[\s\S])*<\/system_reminder>)+(?=\s*(?:$|<tagged_files>|<github_references>))/;

const SUMMARY = "Some of the conversation history has been summarized";

export const copilot: Agent = {
  slug: "copilot",
  label: "cop",
  package: { folder: "copilot", name: "@github/copilot", version: "1.0.102" },
  command: (folder, node) => [node, join(folder, "node_modules/@github/copilot/npm-loader.js")],
  probe,
  sessions,
  conversation,
  isSummary: (text) => text.startsWith(SUMMARY),
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".copilot/session-state")) {
    const id = SESSION.exec(path)?.[1];
    if (id === undefined) continue;
    const [first] = jsonLines(await readFile(join(home, path)));
    const context = objectField(objectField(first, "data"), "context");
    found.push({ id, cwd: stringField(context, "cwd") ?? "/home/dev", path });
  }
  return found;
}

function conversation(items: readonly WireItem[]): WireItem[] {
  return items.flatMap((item, index): WireItem[] => {
    if (item.kind === "system") return [];
    // The CLI never sets the flag: failure is in the text alone.
    if (item.kind === "result") return [{ ...item, isError: undefined }];
    if (item.kind !== "user") return [item];
    const next = items[index + 1];
    // Each picture and document has its name, or "Attached image", in a text of its own before it.
    if (next?.kind === "image" || next?.kind === "document") return [];
    const text = item.text.replace(DATE, "").replace(REMINDERS, "");
    return text.trim() === "" ? [] : [{ ...item, text }];
  });
}
