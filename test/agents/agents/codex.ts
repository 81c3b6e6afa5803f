import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { probe } from "../../../plugins/casr-provider-codex/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { jsonLines, listFiles, objectField, readOptional, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

/** What Codex tells the model about a turn that a person stopped. */
const ABORTED = "<turn_aborted>";

/** User messages that Codex makes itself. */
const INJECTED = [
  "<environment_context>",
  "# AGENTS.md instructions",
  "<user_instructions>",
  "<skill>",
  "<permissions instructions>",
  ABORTED,
];

/** Codex wraps an attached image in these two texts. */
const IMAGE_WRAPPER = /^<\/?image\b[^>]*>$/;

export const codex: Agent = {
  slug: "codex",
  label: "cod",
  package: { folder: "codex", name: "@openai/codex", version: "0.169.0" },
  command: (folder, node) => [node, join(folder, "node_modules/@openai/codex/bin/codex.js")],
  probe,
  model,
  sessions,
  conversation,
  isSummary: (text) => text.startsWith("Another language model started to solve this problem"),
  mayCarry: (text) => text.startsWith(ABORTED),
};

async function model(home: string): Promise<string | undefined> {
  return /^model = "([^"]+)"/m.exec((await readOptional(join(home, ".codex/config.toml"))) ?? "")?.[1];
}

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  const paths = [
    ...(await listFiles(home, ".codex/sessions")),
    ...(await listFiles(home, ".codex/archived_sessions")),
  ];
  for (const path of paths) {
    if (!/^rollout-.*\.jsonl(\.zst)?$/.test(basename(path))) continue;
    const bytes = await readFile(join(home, path));
    const [first] = jsonLines(path.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes);
    const meta = objectField(first, "payload");
    const id = stringField(meta, "id");
    const cwd = stringField(meta, "cwd");
    const subagent = objectField(meta, "source")?.["subagent"] !== undefined;
    if (id !== undefined && cwd !== undefined && !subagent) found.push({ id, cwd, path });
  }
  return found;
}

function conversation(items: readonly WireItem[]): WireItem[] {
  return items.filter((item) => {
    if (item.kind === "system") return false;
    if (item.kind === "opaque") return item.type !== "additional_tools";
    if (item.kind !== "user") return true;
    const text = item.text.trim();
    return text !== "" && !IMAGE_WRAPPER.test(text) && !INJECTED.some((start) => text.startsWith(start));
  });
}
