import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { probe } from "../../../plugins/casr-provider-pi/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { jsonLines, listFiles, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

export const pi: Agent = {
  slug: "pi",
  label: "pi",
  package: { folder: "pi", name: "@mariozechner/pi-coding-agent", version: "0.73.1" },
  command: (folder, node) => [node, join(folder, "node_modules/@mariozechner/pi-coding-agent/dist/cli.js")],
  probe,
  sessions,
  conversation,
  isSummary: (text) => text.startsWith("The conversation history before this point was compacted into"),
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".pi/agent/sessions")) {
    if (!path.endsWith(".jsonl")) continue;
    const [first] = jsonLines(await readFile(join(home, path)));
    const id = stringField(first, "id");
    if (id !== undefined) found.push({ id, cwd: stringField(first, "cwd") ?? "/home/dev", path });
  }
  return found;
}

/** Pi puts nothing of its own into the conversation, but a word in front of pictures alone in an answer. */
function conversation(items: readonly WireItem[]): WireItem[] {
  return items.filter((item) => item.kind !== "system");
}
