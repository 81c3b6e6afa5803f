import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { JsonObject, JsonValue } from "../../../src/session/json.ts";
import { isJsonObject } from "../../../src/session/json.ts";
import { probe } from "../../../plugins/casr-provider-gemini/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { jsonLines, listFiles, parseJson, readOptional, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

export const gemini: Agent = {
  slug: "gemini",
  label: "gmi",
  package: { folder: "gemini", name: "@google/gemini-cli", version: "0.61.0" },
  command: (folder, node) => [node, join(folder, "node_modules/@google/gemini-cli/bundle/gemini.js")],
  probe,
  keepOld,
  // Deletes stubs of resumed sessions, and with them every session whose file name has the same short id.
  idleArgs: ["--list-sessions"],
  sessions,
  conversation,
  isSummary: (text) =>
    text.startsWith("<state_snapshot>") || text === "Got it. Thanks for the additional context!",
  mayCarry: (text) => OWN_TEXTS.has(text),
};

async function keepOld(home: string): Promise<void> {
  const path = join(home, ".gemini/settings.json");
  const settings = parseJson((await readOptional(path)) ?? "") as { general: JsonObject };
  settings.general["sessionRetention"] = { enabled: false };
  await writeFile(path, JSON.stringify(settings));
}

async function sessions(home: string): Promise<FoundSession[]> {
  const found = new Map<string, FoundSession>();
  for (const path of await listFiles(home, ".gemini/tmp")) {
    const [, , folder, chats, name, ...deeper] = path.split("/");
    if (chats !== "chats" || deeper.length > 0 || folder === undefined || name === undefined) continue;
    if (!/^session-.*\.jsonl?$/.test(basename(path))) continue;
    const text = (await readFile(join(home, path))).toString("utf8");
    const records = path.endsWith(".json") ? [parseJson(text)] : jsonLines(text);
    const id = records.map((record) => stringField(record, "sessionId")).find((value) => value !== undefined);
    // A stub, left by every resume, holds nothing but the context message.
    if (id === undefined || !records.some(hasAnswer)) continue;
    const cwd = await workspaceOf(home, folder, text);
    if (cwd !== undefined) found.set(id, { id, cwd, path });
  }
  return [...found.values()];
}

function hasAnswer(record: JsonValue): boolean {
  if (!isJsonObject(record)) return false;
  if (record["type"] === "gemini") return true;
  const messages = record["messages"] ?? (record["$set"] as JsonObject | undefined)?.["messages"];
  return Array.isArray(messages) && messages.some(hasAnswer);
}

/** Old folders are named by a hash of the workspace, which the session's texts may mention. */
async function workspaceOf(home: string, folder: string, text: string): Promise<string | undefined> {
  const marker = await readOptional(join(home, ".gemini/tmp", folder, ".project_root"));
  if (marker !== undefined) return marker.trim();
  for (const [mentioned] of text.matchAll(/\/[\w./-]+/g)) {
    const parts = mentioned.split("/");
    for (let length = parts.length; length > 1; length--) {
      const path = parts.slice(0, length).join("/");
      if (createHash("sha256").update(path).digest("hex") === folder) return path;
    }
  }
  return undefined;
}

/** Texts the CLI makes by itself: around attached files, and in place of an answer that never came. */
const OWN_TEXTS = new Set([
  "--- Content from referenced files ---",
  "--- End of content ---",
  "[The previous response was interrupted before it completed.]",
]);

/** On resume the CLI repeats function responses that are in its files twice. */
function conversation(items: readonly WireItem[], asSource: boolean): WireItem[] {
  const answered = new Set<string>();
  return items.filter((item) => {
    if (item.kind === "system") return false;
    if (item.kind === "user" || item.kind === "assistant") {
      const text = item.text.trim();
      if (OWN_TEXTS.has(text)) return false;
      return text !== "" && !text.startsWith("<session_context>") && !text.startsWith("<hook_context>");
    }
    if (item.kind !== "result" || !asSource) return true;
    const repeated = answered.has(item.callId);
    answered.add(item.callId);
    return !repeated;
  });
}
