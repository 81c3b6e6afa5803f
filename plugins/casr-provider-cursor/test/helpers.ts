import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Diagnostic, Message, World } from "casr-cli/provider";
import type { Host } from "../../../src/core/api.ts";
import { createRegistry } from "../../../src/core/registry.ts";
import { createWorld } from "../../../src/core/world.ts";
import { AGENTS, registrationOf } from "../../../test/support/readers.ts";
import { registration } from "../src/hook.ts";
import { bytesField } from "../src/wire.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

export type Json = { [key: string]: unknown };

/** A world on a test's home, with what it was warned of. */
export function worldOn(
  home: string,
  env: Record<string, string> = {},
  platform = "linux",
): { world: World; warnings: Diagnostic[] } {
  const warnings: Diagnostic[] = [];
  const warn = (diagnostic: Diagnostic): void => void warnings.push(diagnostic);
  return { world: createWorld({ home, cwd: home, env, platform, warn, now: () => NOW }), warnings };
}

/** A host with the bundled providers and this one. */
export async function hostOn(home: string, env: Record<string, string> = {}): Promise<Host> {
  const all = [...(await Promise.all(AGENTS.map((slug) => registrationOf(slug)))), registration];
  const entries = all.map((one) => ({
    registration: one,
    package: {
      name: `casr-provider-${one.slug}`,
      version: "0.1.0",
      root: "/",
      origin: "bundled" as const,
    },
  }));
  return {
    registry: createRegistry(entries),
    folders: { state: join(home, ".state", "casr"), cache: join(home, ".cache", "casr") },
    world: (warn, signal) =>
      createWorld({ home, cwd: home, env, platform: "linux", warn, signal, now: () => NOW }),
    version: "0.0.0-test",
    log: () => {},
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A new database with text rows in its tables. */
export function database(
  path: string,
  schema: string,
  rows: [sql: string, ...values: unknown[]][] = [],
): void {
  mkdirSync(dirname(path), { recursive: true });
  const made = new DatabaseSync(path);
  made.exec(schema);
  made.exec("BEGIN");
  for (const [sql, ...values] of rows) made.prepare(sql).run(...(values as string[]));
  made.exec("COMMIT");
  made.close();
}

export const ITEMS = "CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);";
export const ROWS = "CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);";
/** The table of heads as Cursor 3.12 to 3.16 has it. */
export const HEADS = `CREATE TABLE composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT, createdAt INTEGER,
  lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, recency INTEGER, checkpointAt INTEGER, value TEXT);`;

export function editorDatabase(home: string): string {
  return join(home, ".config/Cursor/User/globalStorage/state.vscdb");
}

/** One session of the editor: its record, its bubbles in order. */
export interface Composer {
  id: string;
  data?: Json;
  head?: Json;
  bubbles: Json[];
  /** Rows beside those that are listed: taken back by an edit. */
  orphans?: Json[];
}

const KV = "INSERT INTO cursorDiskKV (key, value) VALUES (?, ?)";
const ITEM = "INSERT INTO ItemTable (key, value) VALUES (?, ?)";

export function composerRows({ id, data = {}, bubbles, orphans = [] }: Composer): [string, ...unknown[]][] {
  const listed = bubbles.map((bubble) => ({ bubbleId: bubble["bubbleId"], type: bubble["type"] }));
  const record = { _v: 17, composerId: id, fullConversationHeadersOnly: listed, ...data };
  return [
    [KV, `composerData:${id}`, JSON.stringify(record)],
    ...[...bubbles, ...orphans].map((bubble): [string, ...unknown[]] => [
      KV,
      `bubbleId:${id}:${String(bubble["bubbleId"])}`,
      JSON.stringify(bubble),
    ]),
  ];
}

/** An editor of 3.12 and later with these sessions. */
export function editorHome(home: string, composers: Composer[], items: Record<string, unknown> = {}): string {
  const path = editorDatabase(home);
  const rows = composers.flatMap(composerRows);
  for (const { id, head = {} } of composers) {
    const value = {
      type: "head",
      composerId: id,
      name: "A session",
      createdAt: 1000,
      lastUpdatedAt: 2000,
      ...head,
    };
    rows.push([
      "INSERT INTO composerHeaders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      id,
      "ws",
      numberOr(value.createdAt),
      numberOr(value.lastUpdatedAt),
      0,
      head["isSubagent"] === true ? 1 : 0,
      numberOr(value.lastUpdatedAt),
      null,
      JSON.stringify(value),
    ]);
  }
  for (const [key, value] of Object.entries(items)) rows.push([ITEM, key, JSON.stringify(value)]);
  database(path, ITEMS + ROWS + HEADS, rows);
  return path;
}

function numberOr(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

export function identifier(path: string): Json {
  return { id: "ws", uri: { $mid: 1, fsPath: path, external: `file://${path}`, path, scheme: "file" } };
}

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** A chat of cursor-agent as its own notes describe it. */
export interface Chat {
  id: string;
  workspace: string;
  messages: unknown[];
  meta?: Json;
  file?: Json;
  /** Root fields beside the messages. */
  more?: Uint8Array;
  withRoot?: boolean;
}

export function agentChat(home: string, chat: Chat): string {
  const { id, workspace, messages, meta = {}, file, more, withRoot = true } = chat;
  const folder = join(home, ".cursor/chats", md5(workspace), id);
  const path = join(folder, "store.db");
  const blobs = messages.map((message) => Buffer.from(JSON.stringify(message)));
  const root = Buffer.concat([
    ...blobs.map((blob) => bytesField(1, Buffer.from(sha256(blob), "hex"))),
    ...(more === undefined ? [] : [more]),
  ]);
  const record = {
    agentId: id,
    latestRootBlobId: sha256(root),
    name: "New Agent",
    mode: "default",
    createdAt: 5000,
    ...meta,
  };
  database(
    path,
    "CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB); CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);",
    [
      ...[...blobs, ...(withRoot ? [root] : [])].map((blob): [string, ...unknown[]] => [
        "INSERT OR IGNORE INTO blobs VALUES (?, ?)",
        sha256(blob),
        blob,
      ]),
      ["INSERT INTO meta VALUES ('0', ?)", Buffer.from(JSON.stringify(record)).toString("hex")],
    ],
  );
  if (file !== undefined) writeFileSync(join(folder, "meta.json"), JSON.stringify(file));
  return path;
}

/** Messages as one line a block, for comparison at a glance. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap((message) =>
    message.content.map((block) => {
      const who = message.origin === undefined || message.origin === "person" ? message.role : message.origin;
      switch (block.type) {
        case "text":
          return `${who}: ${block.text}`;
        case "compaction":
          return `${who}: ${block.summary}`;
        case "reasoning":
          return `thought: ${block.text}`;
        case "tool_call":
          return `call ${block.id} ${block.name} ${JSON.stringify(block.input)} (${block.tool?.kind ?? "-"})`;
        case "tool_result": {
          const text = block.content.map((part) => (part.type === "text" ? part.text : "[image]")).join("");
          const exit = block.exitCode === undefined ? "" : ` exit ${block.exitCode}`;
          return `${block.isError ? "failed" : "result"} ${block.callId}${exit}: ${text}`;
        }
        default:
          return `${who}: [${block.type}]`;
      }
    }),
  );
}
