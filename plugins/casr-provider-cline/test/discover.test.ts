import { mkdir, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { storesOf } from "../src/paths.ts";
import { reader } from "../src/read.ts";
import { collect, FOLDER, ID, put, stored, testWorld } from "./helpers.ts";

const EXTENSION = "saoudrizwan.claude-dev";

describe("where Cline keeps its sessions", () => {
  test.each([
    ["linux", "/home/dev", "/home/dev/.config/Cursor/User/globalStorage"],
    ["darwin", "/Users/dev", "/Users/dev/Library/Application Support/Cursor/User/globalStorage"],
    ["win32", "C:\\Users\\dev", "C:\\Users\\dev\\AppData\\Roaming\\Cursor\\User\\globalStorage"],
  ])("on %s", async (platform, home, editor) => {
    const { world } = await testWorld({ platform });
    const separator = platform === "win32" ? "\\" : "/";
    const stores = await storesOf({ ...world, home, cwd: home });
    expect(stores.sessions).toBe([home, ".cline", "data", "sessions"].join(separator));
    expect(stores.database).toBe([home, ".cline", "data", "db", "sessions.db"].join(separator));
    expect(stores.tasks).toContain([editor, EXTENSION].join(separator));
    expect(stores.tasks).toContain(
      [home, ".vscode-server", "data", "User", "globalStorage", EXTENSION].join(separator),
    );
    expect(stores.env).toEqual({});
  });

  test.each<[Record<string, string>, string, string, Record<string, string>]>([
    [{ CLINE_DIR: "/c" }, "/c/data/sessions", "/c/data/db/sessions.db", {}],
    [{ CLINE_DIR: "/c", CLINE_DATA_DIR: "/d" }, "/d/sessions", "/d/db/sessions.db", {}],
    [{ CLINE_SESSION_DATA_DIR: "/s", CLINE_DB_DATA_DIR: "/b" }, "/s", "/b/sessions.db", {}],
    [{ CLINE_DIR: "/c", CLINE_HOME: "/h" }, "/c/data/sessions", "/c/data/db/sessions.db", {}],
    [{ CLINE_HOME: "/h" }, "/h/data/sessions", "/h/data/db/sessions.db", { CLINE_DATA_DIR: "/h/data" }],
  ])("%o", async (env, sessions, database, told) => {
    const { world } = await testWorld({ env });
    expect(await storesOf(world)).toMatchObject({ sessions, database, env: told });
  });

  test("CLINE_HOME is a home, a `.cline`, its data, or an extension's storage", async () => {
    const { home } = await testWorld();
    await put(home, "a/.cline/data/sessions/x", "");
    await put(home, "b/sessions/x", "");
    await put(home, "c/tasks/x", "");
    const data = async (name: string): Promise<string[]> => {
      const { world } = await testWorld({ env: { CLINE_HOME: join(home, name) } });
      const stores = await storesOf(world);
      return [stores.sessions, ...stores.tasks].map((path) => path.slice(home.length + 1));
    };
    expect(await data("a")).toEqual(["a/.cline/data/sessions", "a/.cline/data"]);
    expect(await data("b")).toEqual(["b/sessions", "b"]);
    expect(await data("c")).toEqual(["c/sessions", "c"]);
  });

  test("says what it found", async () => {
    const bare = await testWorld();
    expect(await reader.detect(bare.world)).toMatchObject({ found: false, evidence: [] });
    const { world, home } = await stored([]);
    expect(await reader.detect(world)).toMatchObject({
      found: true,
      evidence: [`${home}/.cline/data/sessions exists (1 session)`],
    });
  });
});

describe("finding sessions", () => {
  test("newest first, one for an id, by a prefix in any case", async () => {
    const { home, world } = await testWorld();
    const names = ["1785578400000_aaaaa", "1785578400001_bbbbb"];
    for (const [index, name] of names.entries()) {
      const path = await put(home, `.cline/data/sessions/${name}/${name}.messages.json`, '{"messages":[]}');
      await utimes(path, 1000 + index, 1000 + index);
    }
    // The CLI went on with a task of the extension's.
    const task = await put(home, `.cline/data/tasks/${names[0]}/api_conversation_history.json`, "[]");
    await utimes(task, 10, 10);
    const refs = await collect(reader.discover(world));
    expect(refs.map(({ id }) => id)).toEqual(names.toReversed());
    expect(refs[1]?.path.endsWith(".messages.json")).toBe(true);
    expect((await collect(reader.locate("1785578400001_BB", world))).map(({ id }) => id)).toEqual([names[1]]);
    expect(await collect(reader.locate("nothing", world))).toEqual([]);
    expect(await collect(reader.locate("", world))).toEqual([]);
  });

  test("by any of its files, or its folder", async () => {
    const { home, world, path } = await stored([{ role: "user", content: "x" }]);
    const wanted = { id: ID, path };
    for (const name of [`${ID}.messages.json`, `${ID}.json`, ""])
      expect(await reader.identify(join(home, FOLDER, name).replace(/\/$/u, ""), world)).toMatchObject(
        wanted,
      );
    for (const other of ["package.json", "x.messages.json", "y.compaction.json"]) {
      const file = await put(home, other, '{"name":"x"}');
      expect(await reader.identify(file, world)).toBeUndefined();
    }
  });

  test("a manifest may name a place elsewhere, which counts when nothing lies beside it", async () => {
    const { home, world } = await testWorld();
    const path = await put(home, "elsewhere/z.messages.json", '{"messages":[{"role":"user","content":"x"}]}');
    await put(
      home,
      `${FOLDER}/${ID}.json`,
      JSON.stringify({ version: 1, session_id: ID, messages_path: path }),
    );
    expect((await collect(reader.discover(world))).map((ref) => [ref.id, ref.path])).toEqual([[ID, path]]);
  });

  test("5,000 sessions are listed without opening one", async () => {
    const { home, world } = await testWorld();
    for (let index = 0; index < 5000; index += 1) {
      const id = `${1785578400000 + index}_aaaaa`;
      await put(home, `.cline/data/sessions/${id}/${id}.messages.json`, "no JSON at all");
    }
    expect(await collect(reader.discover(world))).toHaveLength(5000);
  }, 60_000);

  test("links that loop, folders in place of files, names nobody should pass on", async () => {
    const { home, world } = await stored([]);
    const root = dirname(join(home, FOLDER));
    await symlink(root, join(root, "loop"));
    await mkdir(join(root, "x", "x.messages.json"), { recursive: true });
    await put(root, "-rf/-rf.messages.json", "{}");
    await put(root, "a b/a b.messages.json", "{}");
    expect((await collect(reader.discover(world))).map(({ id }) => id)).toEqual([ID]);
  });
});
