import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, test } from "vitest";
import type { Reader } from "../../../src/provider/reader.ts";
import { completeSessions } from "../../../src/core/queries.ts";
import { locateSession } from "../../../src/core/locate.ts";
import { temporaryFolder } from "../../support/home.ts";
import { tinyRegistration, tinySession } from "../../support/tiny.ts";
import { listAll, plain, sceneOf, tick, type Scene } from "./scene.ts";

let home: string;
let scene: Scene;
const cache = (): string => join(home, ".casr-cache");
const index = (): string => join(cache(), "sessions.sqlite");
const ids = async ({ host }: Scene): Promise<string[]> =>
  (await listAll(host)).sessions.map(({ summary }) => summary.ref.id);

beforeEach(async () => {
  home = temporaryFolder();
  scene = sceneOf(home, [tinyRegistration("tiny")]);
  await tinySession(home, "one", { age: 20 });
  await tinySession(home, "two", { age: 10 });
});

/** The tiny agent's reader, with a store in each of these folders. */
async function readerOf(folders: string[]): Promise<Reader> {
  const { reader } = tinyRegistration("tiny") as { reader: () => Promise<Reader> };
  const tiny = await reader();
  return {
    ...tiny,
    async *discover({ files }) {
      for (const folder of folders) {
        for (const { name } of await files.list(folder)) {
          const path = join(folder, name);
          const { size = 0, mtimeMs = 0 } = (await files.stat(path)) ?? {};
          const id = name.replace(".jsonl", "");
          yield { provider: "tiny", id, path, sizeBytes: size, modifiedAt: mtimeMs };
        }
      }
    },
  };
}

/** Everything a session list says, and the warnings about the index apart from it. */
async function answer(): Promise<{ sessions: unknown; indexWarnings: string[] }> {
  const report = plain(await listAll(scene.host)) as { sessions: unknown; warnings: string[] };
  return {
    sessions: report.sessions,
    indexWarnings: report.warnings.filter((line) => line.includes("index")),
  };
}

describe("what has not changed", () => {
  test("is not read again, and no reader is loaded for it", async () => {
    const first = await answer();
    expect(scene.loaded()).toEqual(["tiny"]);
    expect(await answer()).toEqual(first);
    expect(scene.loaded()).toEqual([]);
    const { host } = scene;
    const signal = new AbortController().signal;
    const world = host.world(() => {}, signal);
    expect((await locateSession(host, "two", undefined, world)).ref.id).toBe("two");
    expect((await locateSession(host, "tiny 2", undefined, world)).ref.id).toBe("one");
    expect((await completeSessions(host, "t", 9, signal)).map(({ word }) => word)).toEqual(["two"]);
    expect(scene.loaded()).toEqual([]);
  });

  test("is kept in a folder and file that only their owner can look into", async () => {
    await answer();
    expect(statSync(cache()).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(cache())) expect(statSync(join(cache(), name)).mode & 0o777).toBe(0o600);
  });

  test("is read again when it may have changed in the moment it was looked at", async () => {
    const now = sceneOf(home, [tinyRegistration("tiny")], { now: Date.now });
    await listAll(now.host);
    const path = join(home, ".tiny", "one.jsonl");
    const { atimeMs, mtimeMs } = statSync(path);
    writeFileSync(path, readFileSync(path, "utf8").replace("Session one", "Session 0ne"));
    utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
    const titles = (await listAll(now.host)).sessions.map(({ summary }) => summary.title);
    expect(titles).toContain("Session 0ne");
  });
});

describe("what has changed", () => {
  test("is seen at once: new, deleted, moved, rewritten sessions", async () => {
    await answer();
    await tinySession(home, "three");
    expect(await ids(scene)).toEqual(["three", "two", "one"]);
    rmSync(join(home, ".tiny", "two.jsonl"));
    await tick(home);
    expect(await ids(scene)).toEqual(["three", "one"]);
    rmSync(join(home, ".tiny"), { recursive: true });
    expect(await ids(scene)).toEqual([]);
  });

  test("is seen where a folder above a missing one came to be first", async () => {
    const deep = join(home, "later", "deep");
    const twoStores = tinyRegistration("tiny", { reader: () => readerOf([join(home, ".tiny"), deep]) });
    scene = sceneOf(home, [twoStores]);
    expect(await ids(scene)).toEqual(["two", "one"]);
    // The folder whose change would tell of `deep` changes without it, while something else is found anew.
    mkdirSync(join(home, "later"));
    await tinySession(home, "three");
    await tick(home);
    expect(await ids(scene)).toEqual(["three", "two", "one"]);
    mkdirSync(deep);
    copyFileSync(join(home, ".tiny", "one.jsonl"), join(deep, "four.jsonl"));
    await tick(join(home, "later"));
    expect((await ids(scene)).toSorted()).toEqual(["four", "one", "three", "two"]);
  });

  test("by a variable or another home belongs to that variable and home", async () => {
    await answer();
    const elsewhere = temporaryFolder();
    await tinySession(elsewhere, "other");
    const moved = sceneOf(home, [tinyRegistration("tiny")], {
      env: { TINY_HOME: join(elsewhere, ".tiny") },
    });
    expect(await ids(moved)).toEqual(["other"]);
    scene.loaded();
    expect(await ids(scene)).toEqual(["two", "one"]);
    expect(scene.loaded()).toEqual([]);
  });

  test("in the plugin: another version, or one that is being worked on", async () => {
    await answer();
    const newer = sceneOf(home, [tinyRegistration("tiny")], { version: "1.0.1" });
    await listAll(newer.host);
    expect(newer.loaded()).toEqual(["tiny"]);
    const linked = sceneOf(home, [tinyRegistration("tiny")], { origin: "linked" });
    await listAll(linked.host);
    await listAll(linked.host);
    expect(linked.loaded()).toEqual(["tiny"]);
  });
});

describe("a provider that fails", () => {
  test("hides no other, and is asked again next time", async () => {
    let isBroken = true;
    const good = tinyRegistration("tiny") as { reader: () => Promise<{ discover: unknown }> };
    const broken = {
      ...(tinyRegistration("broken") as object),
      async reader() {
        const reader = await good.reader();
        const fail = (): never => {
          throw new Error("out of order");
        };
        return isBroken ? { ...reader, discover: fail } : { ...reader, discover: async function* () {} };
      },
    };
    scene = sceneOf(home, [good, broken]);
    const report = await listAll(scene.host);
    expect(report.sessions).toHaveLength(2);
    expect(report.warnings.join()).toContain("out of order");
    isBroken = false;
    expect((await listAll(scene.host)).warnings).toEqual([]);
  });
});

/** Something wrong with the index, and whether it can be used again afterwards. */
const TROUBLES: Record<string, { make: () => void; heals: boolean }> = {
  "is damaged at the start": { make: () => writeFileSync(index(), "x".repeat(8192)), heals: true },
  "is damaged in the middle": {
    make() {
      const bytes = readFileSync(index());
      bytes.fill(0xa5, 4096);
      writeFileSync(index(), bytes);
    },
    heals: true,
  },
  "is cut off": { make: () => writeFileSync(index(), readFileSync(index()).subarray(0, 5000)), heals: true },
  "is of an older casr": { make: () => change("PRAGMA user_version = 0"), heals: true },
  "is of a newer casr": { make: () => change("PRAGMA user_version = 99"), heals: false },
  "is another program's": { make: () => change("PRAGMA application_id = 7"), heals: false },
  "can be read by others": { make: () => chmodSync(index(), 0o644), heals: true },
  "is a link to somewhere": {
    make() {
      rmSync(index());
      writeFileSync(join(home, "elsewhere"), "precious");
      symlinkSync(join(home, "elsewhere"), index());
    },
    heals: true,
  },
  "is a folder": {
    make() {
      rmSync(index());
      mkdirSync(index());
    },
    heals: false,
  },
  "lies in a folder others may write to": { make: () => chmodSync(cache(), 0o777), heals: false },
  "lies in a folder that is a file": {
    make() {
      rmSync(cache(), { recursive: true });
      writeFileSync(cache(), "");
    },
    heals: false,
  },
  "has lost a table": { make: () => change("DROP TABLE sessions"), heals: true },
  "holds a path that is none": {
    make: () => change(`UPDATE texts SET ref = json_set(ref, '$.path', '../../etc/passwd')`),
    heals: true,
  },
  "holds an id with control codes": {
    make: () => change(`UPDATE texts SET ref = json_set(ref, '$.id', char(27) || '[2J')`),
    heals: true,
  },
  "holds a session of another provider": {
    make: () => change(`UPDATE texts SET ref = json_set(ref, '$.provider', 'codex')`),
    heals: true,
  },
  "holds no JSON": { make: () => change(`UPDATE texts SET summary = '{', counts = 'x'`), heals: true },
};

function change(sql: string): void {
  const database = new DatabaseSync(index());
  database.exec(sql);
  database.close();
}

describe("an index that", () => {
  test.each(Object.keys(TROUBLES))("%s gives the right answer, with one warning", async (name) => {
    const { make, heals } = TROUBLES[name]!;
    const right = await answer();
    expect(right.indexWarnings).toEqual([]);
    make();
    const first = await answer();
    expect(first.sessions).toEqual(right.sessions);
    expect(first.indexWarnings).toHaveLength(1);
    const second = await answer();
    expect(second.sessions).toEqual(right.sessions);
    expect(second.indexWarnings).toHaveLength(heals ? 0 : 1);
    if (name === "is a link to somewhere") {
      expect(readFileSync(join(home, "elsewhere"), "utf8")).toBe("precious");
      expect(lstatSync(index()).isFile()).toBe(true);
    }
    if (!heals) return;
    scene.loaded();
    expect(await answer()).toEqual(right);
    expect(scene.loaded()).toEqual([]);
  });

  test("somebody else is writing to is used all the same, and not waited for long", async () => {
    const right = await answer();
    const other = new DatabaseSync(index());
    other.exec("BEGIN IMMEDIATE");
    await tinySession(home, "three");
    expect(await ids(scene)).toEqual(["three", "two", "one"]);
    other.exec("ROLLBACK");
    other.close();
    expect(right.indexWarnings).toEqual([]);
    expect(await ids(scene)).toEqual(["three", "two", "one"]);
  });

  test("cannot grow answers without storing", async () => {
    await answer();
    // No file that is larger than what is there: what SQLite meets on a full disk.
    change(
      "CREATE TRIGGER full BEFORE INSERT ON places BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END",
    );
    await tinySession(home, "three");
    const report = await listAll(scene.host);
    expect(report.sessions).toHaveLength(3);
    expect(report.warnings).toHaveLength(1);
    expect(report.warnings[0]).toContain("disk is full");
  });

  test("cannot be written to for good is made anew", async () => {
    await answer();
    change("DROP TABLE uses");
    await tinySession(home, "three");
    expect((await answer()).indexWarnings).toHaveLength(1);
    expect((await answer()).indexWarnings).toEqual([]);
    scene.loaded();
    expect(await ids(scene)).toEqual(["three", "two", "one"]);
    expect(scene.loaded()).toEqual([]);
  });

  test("is not wanted is not made", async () => {
    const off = sceneOf(home, [tinyRegistration("tiny")], { env: { CASR_NO_INDEX: "1" } });
    expect(await ids(off)).toEqual(["two", "one"]);
    expect(existsSync(index())).toBe(false);
  });
});
