import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-qwen/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { jsonLines, listFiles, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

export const qwen: Agent = {
  slug: "qwen",
  label: "qwn",
  package: { folder: "qwen", name: "@qwen-code/qwen-code", version: "0.24.4" },
  command: (folder, node) => [node, join(folder, "node_modules/@qwen-code/qwen-code/cli-entry.js")],
  probe,
  sessions,
  conversation,
  isSummary: (text) =>
    text.includes("Resume the prior task using the summary above.") ||
    text === "Got it. Thanks for the additional context!",
  mayCarry: (text) => OWN_TEXTS.has(text),
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".qwen/projects")) {
    // .qwen/projects/<folder>/chats/<id>.jsonl
    const [, , , chats, name, ...deeper] = path.split("/");
    if (chats !== "chats" || deeper.length > 0 || !/^[0-9a-f-]{32,36}\.jsonl$/i.test(name ?? "")) continue;
    const [first] = jsonLines(await readFile(join(home, path)));
    const cwd = stringField(first, "cwd");
    if (cwd !== undefined) found.push({ id: basename(path, ".jsonl"), cwd, path });
  }
  return found;
}

/** Around the files a prompt names. */
const OWN_TEXTS = new Set(["--- Content from referenced files ---", "--- End of content ---"]);

/** In front of the pictures of tool results, which this wire takes from nobody but the user. */
const MEDIA = "(attached media from previous tool call)";

/** Reminders stand in user texts of their own, in front of the first prompt and in the new one. */
function conversation(items: readonly WireItem[]): WireItem[] {
  return items.filter((item) => {
    if (item.kind === "system") return false;
    if (item.kind !== "user") return true;
    const text = item.text.trim();
    return (
      text !== "" &&
      text !== MEDIA &&
      !OWN_TEXTS.has(text) &&
      !/^<system-reminder>[\s\S]*<\/system-reminder>$/.test(text)
    );
  });
}
