import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-factory/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { jsonLines, listFiles, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;

const THOUGHT = /^<thinking>\n([\s\S]*)\n<\/thinking>$/;

export const factory: Agent = {
  slug: "factory",
  label: "fac",
  package: { folder: "factory", name: "@factory/cli-linux-x64", version: "0.225.2" },
  command: (folder) => [join(folder, "node_modules/@factory/cli-linux-x64/bin/droid")],
  probe,
  sessions,
  conversation,
  isSummary: (text) => text.startsWith("A previous instance of Droid has summarized"),
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".factory/sessions")) {
    if (!path.endsWith(".jsonl")) continue;
    const [first] = jsonLines(await readFile(join(home, path)));
    // A subagent's session is part of its caller's.
    if (stringField(first, "callingSessionId") !== undefined) continue;
    found.push({ id: basename(path, ".jsonl"), cwd: stringField(first, "cwd") ?? "/home/dev", path });
  }
  return found;
}

/** Cuts the texts that the agent makes for each turn: they hold nothing but reminders. */
function conversation(items: readonly WireItem[]): WireItem[] {
  return items.flatMap((item): WireItem[] => {
    if (item.kind === "system") return [];
    // Thoughts that another service made are sent as text.
    const thought = item.kind === "assistant" ? THOUGHT.exec(item.text)?.[1] : undefined;
    if (thought !== undefined) return [{ kind: "reasoning", text: thought, readable: true }];
    if (item.kind !== "user") return [item];
    return item.text.replace(REMINDER, "").trim() === "" ? [] : [item];
  });
}
