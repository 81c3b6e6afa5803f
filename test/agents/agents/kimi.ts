import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-kimi/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { listFiles, parseJson, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

export const kimi: Agent = {
  slug: "kimi",
  label: "kim",
  package: { folder: "kimi", name: "@moonshot-ai/kimi-code", version: "2.1.0" },
  command: (folder, node) => [node, join(folder, "node_modules/@moonshot-ai/kimi-code/dist/main.mjs")],
  probe,
  sessions,
  conversation,
  isSummary: (text) => text.startsWith(SUMMARY),
  mayCarry: (text) => REMINDER.test(text.trim()),
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  // .kimi-code/sessions/<workspace>/<id>/state.json, beside agents/main/wire.jsonl
  for (const path of await listFiles(home, ".kimi-code/sessions")) {
    if (path.split("/").length !== 5 || basename(path) !== "state.json") continue;
    const cwd = stringField(parseJson(await readFile(join(home, path), "utf8")), "cwd");
    const folder = dirname(path);
    if (cwd !== undefined)
      found.push({ id: basename(folder), cwd, path: `${folder}/agents/main/wire.jsonl` });
  }
  return found;
}

/** In front of the summary of a compaction. */
const SUMMARY = "The conversation so far has been compacted to free up context.";

const REMINDER = /^<system-reminder>[\s\S]*<\/system-reminder>$/;

/** Reminders stand in user texts of their own, behind the prompt. */
function conversation(items: readonly WireItem[]): WireItem[] {
  return items.filter((item) => {
    if (item.kind === "system") return false;
    return item.kind !== "user" || !REMINDER.test(item.text.trim());
  });
}
