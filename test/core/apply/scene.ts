import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  lstatSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Journal, StepRecord } from "../../../src/core/apply/journal.ts";
import { applyPlan, type ApplyOptions } from "../../../src/core/apply/index.ts";
import { isJsonObject, type JsonValue } from "../../../src/session/json.ts";
import type { PlanStep, WritePlan } from "../../../src/provider/writer.ts";

/** A scratch folder with an agent's store in it, and casr's state folder beside it. */
export interface Scene {
  base: string;
  store: string;
  state: string;
  remove(): void;
}

export const OLD_TIME = new Date("2026-03-04T05:06:07.000Z");

/** Makes a store with one file for every kind of step, all with an old mtime. */
export function makeScene(variant?: Variant): Scene {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "casr-apply-")));
  const store = join(base, "store");
  const state = join(base, "state");
  mkdirSync(join(store, "sessions"), { recursive: true, mode: 0o755 });
  const put = (name: string, text: string, mode = 0o644): void => {
    writeFileSync(join(store, name), text, { mode });
    utimesSync(join(store, name), OLD_TIME, OLD_TIME);
  };
  put("untouched.txt", "nobody writes here\n");
  put("index.jsonl", '{"id":"one"}\n{"id":"two"}');
  put("whole.jsonl", '{"id":"one"}\n');
  put("projects.json", '{\n    "projects": {\n        "/a": "a"\n    }\n}\n', 0o640);
  put("marker", "theirs");
  put("taken.jsonl", "the old session\n", 0o640);
  const database = new DatabaseSync(join(store, "agent.db"));
  if (variant?.wal === true) database.exec("PRAGMA journal_mode = wal");
  database.exec("CREATE TABLE session (id TEXT PRIMARY KEY, size INTEGER, body BLOB)");
  database.prepare("INSERT INTO session VALUES ('old', 9223372036854775807, x'00ff')").run();
  database.close();
  return { base, store, state, remove: () => rmSync(base, { recursive: true, force: true }) };
}

export async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* parts;
}

export const SESSION = "11111111-2222-4333-8444-555555555555";

/** The steps of the full plan by name, so that each can be tried alone. */
export function stepsFor(store: string): Record<string, PlanStep> {
  const at = (name: string): string => join(store, name);
  const addProject = (current: JsonValue | undefined): JsonValue => {
    const root = isJsonObject(current) ? current : {};
    const projects = isJsonObject(root["projects"]) ? root["projects"] : {};
    return { ...root, projects: { ...projects, "/b": "b" } };
  };
  return {
    create: {
      kind: "create-file",
      path: at("new/deep/session.jsonl"),
      content: () => chunks("line 1\n", new Uint8Array([0xff, 0x0a]), "line 3\n"),
      modifiedAt: 1_700_000_000_000,
    },
    keepNew: {
      kind: "create-file",
      path: at("new/marker"),
      content: () => chunks("ours"),
      keepExisting: true,
    },
    keepOld: { kind: "create-file", path: at("marker"), content: () => chunks("ours"), keepExisting: true },
    replace: { kind: "create-file", path: at("taken.jsonl"), content: () => chunks("the new session\n") },
    appendUnfinished: { kind: "append-lines", path: at("index.jsonl"), lines: [`{"id":"${SESSION}"}`, "{}"] },
    append: { kind: "append-lines", path: at("whole.jsonl"), lines: [`{"id":"${SESSION}"}`] },
    appendNew: { kind: "append-lines", path: at("other/new.jsonl"), lines: [`{"id":"${SESSION}"}`] },
    edit: {
      kind: "edit-json",
      path: at("projects.json"),
      lockPath: at("projects.json.lock"),
      edit: addProject,
    },
    editNew: { kind: "edit-json", path: at("settings/new.json"), edit: addProject },
    sqlite: {
      kind: "sqlite",
      path: at("agent.db"),
      statements: [
        {
          sql: "INSERT INTO session VALUES (?, ?, ?)",
          params: [SESSION, 2n ** 62n, new Uint8Array([1, 0, 2])],
        },
        { sql: "INSERT INTO session VALUES (?, ?, ?)", params: [`${SESSION}-b`, 1, null] },
      ],
      undo: [{ sql: "DELETE FROM session WHERE id IN (?, ?)", params: [SESSION, `${SESSION}-b`] }],
    },
  };
}

export function planOf(store: string, steps: PlanStep[]): WritePlan {
  return {
    sessionId: SESSION,
    path: join(store, "new/deep/session.jsonl"),
    roots: [store],
    steps,
    resume: [],
    notes: [],
  };
}

/** Every kind of step in one plan, or only those named; needs `force`. */
export function fullPlan(store: string, names?: string[]): WritePlan {
  const steps = stepsFor(store);
  return planOf(store, names === undefined ? Object.values(steps) : names.map((name) => steps[name]!));
}

/** What the tests of failures go through: the full plan, and the ways that only some systems or stores take. */
export interface Variant {
  name: string;
  /** Steps of the plan; all when missing. */
  steps?: string[];
  /** The file system has no hard links. */
  noLinks?: boolean;
  /** The database is in WAL mode. */
  wal?: boolean;
}

export const VARIANTS: Variant[] = [
  { name: "every kind of step" },
  { name: "no hard links", steps: ["create", "replace", "keepNew", "keepOld"], noLinks: true },
  { name: "a database in WAL mode", steps: ["create", "sqlite"], wal: true },
];

/** Throws what link(2) throws where there are no hard links. */
export function refuseLinks(variant: Variant, point: string): void {
  if (variant.noLinks === true && point.startsWith("linking")) {
    throw Object.assign(new Error("no hard links here"), { code: "EPERM" });
  }
}

export function optionsFor(scene: Scene, more: Partial<ApplyOptions> = {}): ApplyOptions {
  return {
    stateFolder: scene.state,
    force: false,
    now: () => Date.parse("2026-05-06T07:08:09.123Z"),
    signal: new AbortController().signal,
    verify: async () => {},
    version: "0.0.0-test",
    ...more,
  };
}

export function apply(
  scene: Scene,
  steps: PlanStep[],
  more: Partial<ApplyOptions> = {},
): ReturnType<typeof applyPlan> {
  return applyPlan(planOf(scene.store, steps), optionsFor(scene, more));
}

/** What is in a tree: type, mode, mtime and bytes of every entry; rows (not bytes) of databases. */
export function snapshot(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  // First, because opening clears what a killed process left of SQLite's own files.
  const database = join(folder, "agent.db");
  const rows = lstatSync(database, { throwIfNoEntry: false }) === undefined ? "" : rowsOf(database);
  const walk = (path: string): void => {
    const stat = lstatSync(path);
    const mode = (stat.mode & 0o7777).toString(8);
    const name = relative(folder, path) || ".";
    if (stat.isDirectory()) {
      found[name] = `folder ${mode}`;
      for (const entry of readdirSync(path).sort()) walk(join(path, entry));
    } else if (path === database) found[name] = `${mode} ${rows}`;
    else
      found[name] =
        `${mode} ${Math.round(stat.mtimeMs)} ${stat.isFile() ? readFileSync(path, "base64") : "link"}`;
  };
  walk(folder);
  return found;
}

export function rowsOf(path: string): string {
  const database = new DatabaseSync(path);
  try {
    const query = database.prepare("SELECT * FROM session ORDER BY id");
    query.setReadBigInts(true);
    return query
      .all()
      .map((row) =>
        Object.values(row)
          .map((value) => (value instanceof Uint8Array ? value.join() : String(value)))
          .join("|"),
      )
      .join("\n");
  } finally {
    database.close();
  }
}

/** Files of unfinished transactions. */
export function journals(scene: Scene): string[] {
  try {
    return readdirSync(join(scene.state, "journal")).filter((name) => name !== "quarantine");
  } catch {
    return [];
  }
}

/** What a promise rejected with. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; context?: Record<string, unknown>; suggestions?: string[] }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

/** A journal of another transaction with these steps, below the root `/r`. */
export function journalWith(steps: StepRecord[]): Journal {
  const { pid } = process;
  return {
    casrJournal: 1,
    id: "abcdef0123",
    sessionId: "s",
    version: "1",
    owner: { pid },
    startedAt: 0,
    roots: ["/r"],
    folders: [],
    steps,
  };
}
