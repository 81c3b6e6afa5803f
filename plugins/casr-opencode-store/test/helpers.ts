import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type {
  Diagnostic,
  History,
  JsonObject,
  Message,
  Reader,
  Registration,
  SessionRef,
  World,
  Writer,
} from "casr-cli/provider";
import { createWorld } from "../../../src/core/world.ts";
import { registration as kiloCode } from "../../casr-provider-kilo-code/src/hook.ts";
import { KILO_CODE } from "../../casr-provider-kilo-code/src/native.ts";
import { registration as opencode } from "../../casr-provider-opencode/src/hook.ts";
import { OPENCODE } from "../../casr-provider-opencode/src/native.ts";
import type { Fork } from "../src/native.ts";
import { createReader } from "../src/read.ts";
import { MIGRATION, SCHEMA } from "../src/schema.ts";
import { createWriter } from "../src/write.ts";

export const NOW = Date.parse("2026-11-21T12:00:00Z");
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** An empty home that is gone after the test. */
export function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), "casr-opencode-store-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A copy of an agent's recorded home, from the folder in CASR_CORPUS or from the repository's fixtures. */
export function copyOfHome(slug: string, name: string): string {
  const corpus = process.env["CASR_CORPUS"] ?? fileURLToPath(new URL("../../../fixtures", import.meta.url));
  const from = join(corpus, slug, name, "home");
  if (!existsSync(from)) throw new Error(`the recorded case ${name} is missing`);
  const home = emptyHome();
  const filter = (path: string): boolean => !/\/snapshot(?:\/|$)/.test(path);
  cpSync(from, home, { recursive: true, filter });
  return home;
}

export interface TestWorld {
  world: World;
  warnings: Diagnostic[];
}

export function worldOn(home: string, env: Record<string, string> = {}, platform = "linux"): TestWorld {
  const warnings: Diagnostic[] = [];
  const world = createWorld({
    home,
    cwd: home,
    env,
    platform,
    warn: (diagnostic) => warnings.push(diagnostic),
    now: () => NOW,
  });
  return { world, warnings };
}

/** A new database in the first SQLite layout, and what puts rows into it. */
export class TestStore {
  readonly path: string;
  #part = 0;
  #message = 0;

  constructor(path: string) {
    this.path = path;
    mkdirSync(dirname(this.path), { recursive: true });
    this.run((database) => {
      for (const sql of SCHEMA) database.exec(sql);
      database
        .prepare("INSERT INTO __drizzle_migrations (hash, created_at, name) VALUES ('', ?, ?)")
        .run(MIGRATION.createdAt, MIGRATION.name);
      database.exec(
        "INSERT INTO project (id, worktree, time_created, time_updated, sandboxes) VALUES ('global', '/', 1, 1, '[]')",
      );
    });
  }

  run(act: (database: DatabaseSync) => void): void {
    const database = new DatabaseSync(this.path);
    try {
      act(database);
    } finally {
      database.close();
    }
  }

  session(id: string, more: Record<string, string | number | null> = {}): this {
    const row = {
      id,
      project_id: "global",
      slug: "s",
      directory: "/home/dev/app",
      title: "A title",
      version: "1.18.33",
      time_created: 1_795_000_000_000,
      time_updated: 1_795_000_001_000,
      ...more,
    };
    const names = Object.keys(row);
    const sql = `INSERT INTO session (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
    this.run((database) => database.prepare(sql).run(...Object.values(row)));
    return this;
  }

  /** A message with its parts; data may be raw text. Gives its id. */
  message(
    session: string,
    data: JsonObject | string,
    parts: (JsonObject | string)[] = [],
    id?: string,
  ): string {
    const number = ++this.#message;
    const messageId = id ?? `msg_${String(number).padStart(6, "0")}`;
    const time = 1_795_000_000_000 + number;
    const text = (value: JsonObject | string): string =>
      typeof value === "string" ? value : JSON.stringify(value);
    this.run((database) => {
      database
        .prepare("INSERT INTO message VALUES (?, ?, ?, ?, ?)")
        .run(messageId, session, time, time, text(data));
      for (const part of parts) {
        database
          .prepare("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)")
          .run(`prt_${String(++this.#part).padStart(6, "0")}`, messageId, session, time, time, text(part));
      }
    });
    return messageId;
  }

  user(session: string, ...parts: (JsonObject | string)[]): string {
    return this.message(
      session,
      USER,
      parts.map((part) => (typeof part === "string" ? said(part) : part)),
    );
  }

  answer(session: string, parts: (JsonObject | string)[], more: JsonObject = {}): string {
    return this.message(
      session,
      { ...ANSWER, ...more },
      parts.map((part) => (typeof part === "string" ? said(part) : part)),
    );
  }
}

export const said = (text: string, more: JsonObject = {}): JsonObject => ({ type: "text", text, ...more });

const USER: JsonObject = {
  role: "user",
  time: { created: 1 },
  agent: "build",
  model: { providerID: "anthropic", modelID: "claude-sonnet-4-5" },
};

const ANSWER: JsonObject = {
  role: "assistant",
  parentID: "msg_000001",
  time: { created: 1 },
  providerID: "anthropic",
  modelID: "claude-sonnet-4-5",
  finish: "stop",
};

export const tool = (callID: string, name: string, state: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "tool",
  callID,
  tool: name,
  state: { input: {}, time: { start: 1, end: 3 }, ...state },
  ...more,
});

/** Writes files below the home; objects as JSON. */
export function writeFiles(home: string, files: Record<string, unknown>): void {
  for (const [path, value] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof value === "string" ? value : JSON.stringify(value));
  }
}

/** One of the agents that share the store, and what its tests need. */
export interface Setting {
  name: string;
  fork: Fork;
  registration: Registration;
  reader: Required<Pick<Reader, "digest">> & Reader;
  writer: Writer;
  /** Its folder below the home. */
  place: string;
  /** A new database in a home: the main one, or the one of this name. */
  storeIn(home: string, name?: string): TestStore;
  recorded(name: string): string;
  refTo(id: string, world: World): Promise<SessionRef>;
  messagesIn(id: string, world: World, history?: History): Promise<Message[]>;
}

function settingOf(fork: Fork, registration: Registration): Setting {
  const reader = createReader(fork);
  const place = `.local/share/${fork.folder}`;
  const refTo = async (id: string, world: World): Promise<SessionRef> => {
    for await (const ref of reader.locate(id, world)) return ref;
    throw new Error(`no session ${id}`);
  };
  return {
    name: fork.name,
    fork,
    registration,
    reader,
    writer: createWriter(fork),
    place,
    storeIn: (home, name = fork.mainDatabase) => new TestStore(join(home, place, name)),
    recorded: (name) => copyOfHome(fork.slug, name),
    refTo,
    messagesIn: async (id, world, history = "context") => {
      const reading = await reader.read(await refTo(id, world), world);
      return Array.fromAsync(reading.messages({ history }));
    },
  };
}

/** Every agent whose plugin is built on this store. */
export const SETTINGS = [settingOf(OPENCODE, opencode), settingOf(KILO_CODE, kiloCode)];

/** A session of the JSON store of early versions, in an agent's folder below the home. */
export function writeLegacySession(home: string, place: string): void {
  const storage = `${place}/storage`;
  writeFiles(home, {
    [`${storage}/session/global/ses_old.json`]: {
      id: "ses_old",
      title: "Old",
      directory: "/home/dev/app",
      time: { created: 5, updated: 6 },
    },
    [`${storage}/message/ses_old/msg_1.json`]: { id: "msg_1", role: "user", time: { created: 7 } },
    [`${storage}/part/msg_1/prt_1.json`]: { id: "prt_1", type: "text", text: "hello" },
  });
}

/** One short line for each block: enough to see order and content. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap((message) =>
    message.content.map((block): string => {
      const flag = message.inContext ? "" : "(past) ";
      switch (block.type) {
        case "text":
          return `${flag}${message.role}${message.origin === undefined || message.origin === "person" ? "" : `/${message.origin}`}: ${block.text}`;
        case "compaction":
          return `${flag}summary: ${block.summary}`;
        case "reasoning":
          return `${flag}thought: ${block.text}`;
        case "tool_call":
          return `${flag}call ${block.id} ${block.name}`;
        case "tool_result": {
          const text = block.content
            .map((part) => (part.type === "text" ? part.text : `<${part.mediaType}>`))
            .join("|");
          return `${flag}result ${block.callId}${block.isError ? " failed" : ""}: ${text}`;
        }
        default:
          return `${flag}${message.role}: <${block.mediaType}>`;
      }
    }),
  );
}
