import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/core/database.ts";
import { temporaryFolder } from "../support/tiny.ts";

async function store(name = "state #1?.sqlite") {
  const folder = join(await temporaryFolder(), "db");
  mkdirSync(folder);
  const path = join(folder, name);
  const writer = new DatabaseSync(path);
  writer.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER, big INTEGER, blob BLOB); INSERT INTO t VALUES (1, 9007199254740993, x'00ff')",
  );
  return { folder, path, writer };
}

describe("a database", () => {
  it("is read without leaving or changing a file", async () => {
    const { folder, path, writer } = await store();
    writer.close();
    const before = [readdirSync(folder), statSync(path).mtimeMs, readFileSync(path)];
    const database = (await openDatabase(path))!;
    expect(database.all("SELECT id, big, blob FROM t WHERE id = ?", 1)).toEqual([
      { id: 1, big: 9007199254740993n, blob: new Uint8Array([0, 255]) },
    ]);
    expect([...database.iterate("SELECT id FROM t")]).toEqual([{ id: 1 }]);
    expect(() => database.all("DELETE FROM t")).toThrow(
      expect.objectContaining({ code: "source-unreadable" }),
    );
    database.close();
    expect([readdirSync(folder), statSync(path).mtimeMs, readFileSync(path)]).toEqual(before);
  });

  it("is read with what its agent has written and not yet checkpointed, and stays as it is", async () => {
    const { folder, path, writer } = await store();
    writer.exec("INSERT INTO t (id) VALUES (2)");
    const files = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "base64")]);
    const before = files();
    const database = (await openDatabase(path))!;
    expect(database.all("SELECT count(*) AS n FROM t")).toEqual([{ n: 2 }]);
    database.close();
    expect(files()).toEqual(before);
    writer.close();
  });

  it("is read as it is now, each time it is opened", async () => {
    const { path, writer } = await store();
    const count = async () => {
      const database = (await openDatabase(path))!;
      const rows = database.all("SELECT count(*) AS n FROM t");
      database.close();
      return rows;
    };
    expect([await count(), await count()]).toEqual([[{ n: 1 }], [{ n: 1 }]]);
    writer.exec("INSERT INTO t (id) VALUES (2)");
    expect(await count()).toEqual([{ n: 2 }]);
    writer.close();
    expect(await count()).toEqual([{ n: 2 }]);
  });

  it("that is missing is undefined; one that is no database is a typed error", async () => {
    const folder = await temporaryFolder();
    expect(await openDatabase(join(folder, "none.sqlite"))).toBeUndefined();
    const path = join(folder, "bad.sqlite");
    writeFileSync(path, "this is no database, however long it may be ".repeat(100));
    chmodSync(path, 0o600);
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "source-unreadable", context: { path } });
  });
});
