import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { probe } from "../../../plugins/casr-provider-opencode/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { listFiles, parseJson, readOptional, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

/** What OpenCode sends in place of its request to sum up. */
const COMPACTION_QUESTION = "What did we do so far?";

/** Texts of its own beside files that a person attached, and around a command the person ran. */
const ABOUT_FILES =
  /^(?:Called the Read tool with the following input: |Image read successfully$|PDF read successfully$)/;

export const opencode: Agent = {
  slug: "opencode",
  label: "opc",
  package: { folder: "opencode", name: "opencode-ai", version: "1.18.33" },
  // The last version that keeps its sessions in JSON files.
  older: {
    package: { folder: "opencode-1.1.65", name: "opencode-ai", version: "1.1.65" },
    isFor: (home) => !existsSync(join(home, ".local/share/opencode/opencode.db")) && isLegacy(home),
  },
  command: (folder) => [join(folder, `node_modules/opencode-linux-${process.arch}/bin/opencode`)],
  probe,
  sessions: (home) => storedSessions(home, ".local/share/opencode", "opencode.db"),
  conversation,
  isSummary: () => false,
  mayCarry: (text) => ABOUT_FILES.test(text),
};

function isLegacy(home: string): boolean {
  return existsSync(join(home, ".local/share/opencode/storage/session"));
}

/** Main sessions of an OpenCode-like store: rows of its database, or JSON files where there is none. */
export async function storedSessions(home: string, folder: string, name: string): Promise<FoundSession[]> {
  const path = `${folder}/${name}`;
  if (existsSync(join(home, path))) {
    const url = pathToFileURL(join(home, path));
    if (!existsSync(join(home, `${path}-wal`))) url.searchParams.set("immutable", "1");
    const database = new DatabaseSync(url, { readOnly: true });
    const sql = "SELECT id, directory FROM session WHERE parent_id IS NULL ORDER BY time_created, id";
    const rows = database.prepare(sql).all();
    database.close();
    return rows.map((row) => ({ id: String(row["id"]), cwd: String(row["directory"]), path }));
  }
  const found: FoundSession[] = [];
  for (const file of await listFiles(home, `${folder}/storage/session`)) {
    const value = parseJson((await readOptional(join(home, file))) ?? "");
    const id = stringField(value, "id");
    const cwd = stringField(value, "directory");
    if (id !== undefined && cwd !== undefined && stringField(value, "parentID") === undefined)
      found.push({ id, cwd, path: file });
  }
  return found;
}

/**
 * A summary comes first, as the answer to a question that OpenCode makes up; in any other agent a summary is
 * a text of the user's side, so the pair is compared as that.
 */
export function conversation(items: readonly WireItem[]): WireItem[] {
  const spoken = items.filter((item) => item.kind !== "system");
  const [question, answer, ...rest] = spoken;
  if (question?.kind !== "user" || question.text.trim() !== COMPACTION_QUESTION) return spoken;
  return answer?.kind === "assistant" ? [{ kind: "user", text: answer.text }, ...rest] : spoken;
}
