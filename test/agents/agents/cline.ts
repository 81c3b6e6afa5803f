import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-cline/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { listFiles, parseJson, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

export const cline: Agent = {
  slug: "cline",
  label: "cln",
  package: { folder: "cline", name: "cline", version: "3.0.65" },
  command: (folder) => [join(folder, `node_modules/@cline/cli-linux-${process.arch}/bin/cline`)],
  probe,
  sessions,
  conversation,
  isSummary: (text) => text.startsWith("Context summary:"),
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".cline/data/sessions")) {
    // The manifest has the name of its folder; beside it are messages, subagents' messages and compactions.
    if (basename(path, ".json") !== basename(dirname(path))) continue;
    const manifest = parseJson(await readFile(join(home, path), "utf8"));
    const id = stringField(manifest, "session_id");
    const cwd = stringField(manifest, "cwd");
    if (id !== undefined && cwd !== undefined) found.push({ id, cwd, path });
  }
  return found;
}

function conversation(items: readonly WireItem[]): WireItem[] {
  return items.filter((item) => item.kind !== "system");
}
