import { readFile, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-continue/src/probe.ts";
import { listFiles, parseJson, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

export const continueCli: Agent = {
  slug: "continue",
  label: "con",
  package: { folder: "continue", name: "@continuedev/cli", version: "1.5.47" },
  command: (folder, node) => [node, join(folder, "node_modules/@continuedev/cli/dist/cn.js")],
  probe,
  choose,
  sessions,
  conversation: (items) => items.filter((item) => item.kind !== "system"),
  // Where there is a summary, the file holds nothing of what it stands for.
  isSummary: () => false,
};

const FOLDER = ".continue/sessions";

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, FOLDER)) {
    if (basename(path) === "sessions.json" || !path.endsWith(".json")) continue;
    const session = parseJson(await readFile(join(home, path), "utf8"));
    const cwd = stringField(session, "workspaceDirectory");
    if (cwd !== undefined)
      found.push({ id: basename(path, ".json"), cwd: cwd.replace(/^file:\/\//, ""), path });
  }
  return found;
}

/** cn resumes the session whose file changed last. */
async function choose(home: string, id: string): Promise<void> {
  const now = new Date();
  await utimes(join(home, FOLDER, `${id}.json`), now, now);
}
