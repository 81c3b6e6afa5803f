import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { indexPath, openIndexFile } from "../../../src/core/session-index/database-file.ts";
import { temporaryFolder } from "../../support/home.ts";

const OPENER = fileURLToPath(new URL("opener.ts", import.meta.url));

/** Opens the index of `folder` in a process of its own once `begin` is there; gives what that process says. */
async function opener(
  folder: string,
  begin: string,
): Promise<{ ready: Promise<void>; said: Promise<string> }> {
  const child = spawn(process.execPath, [OPENER, folder, begin], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const ready = once(child.stdout, "data").then(() => undefined);
  const said = once(child, "close").then(() => text);
  return { ready, said };
}

test("eight processes at the same moment make one index and all use it", { timeout: 120_000 }, async () => {
  for (let round = 0; round < 8; round += 1) {
    const folder = temporaryFolder();
    const begin = `${folder}.begin`;
    const openers = await Promise.all(Array.from({ length: 8 }, () => opener(folder, begin)));
    await Promise.all(openers.map(({ ready }) => ready));
    mkdirSync(begin);
    const said = await Promise.all(openers.map((one) => one.said));
    rmSync(begin, { recursive: true });
    expect(said).toEqual(said.map(() => "ready\nopened\n"));
    const { database, problem } = await openIndexFile(folder);
    expect(problem).toBeUndefined();
    expect(database.prepare("SELECT count(*) AS runs FROM stores").get()).toEqual({ runs: 8 });
    database.close();
  }
});

test("an index that another casr is making is waited for", async () => {
  const folder = temporaryFolder();
  const other = new DatabaseSync(indexPath(folder));
  chmodSync(indexPath(folder), 0o600);
  other.exec("BEGIN EXCLUSIVE");
  const opening = openIndexFile(folder);
  setTimeout(() => {
    other.exec("ROLLBACK");
    other.close();
  }, 400);
  const { database, path, problem } = await opening;
  expect({ path, problem }).toEqual({ path: indexPath(folder), problem: undefined });
  database.close();
});

test("an index that another casr is closing is waited for", async () => {
  const folder = temporaryFolder();
  (await openIndexFile(folder)).database.close();
  const other = new DatabaseSync(indexPath(folder));
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE stores SET generation = 1; COMMIT");
  const opening = openIndexFile(folder);
  // Longer than SQLite itself waits.
  setTimeout(() => other.close(), 400);
  const { database, path, problem } = await opening;
  expect({ path, problem }).toEqual({ path: indexPath(folder), problem: undefined });
  database.close();
});

test("an index that another casr makes anew is waited for", async () => {
  const folder = temporaryFolder();
  const old = new DatabaseSync(indexPath(folder));
  old.exec("PRAGMA application_id = 1667330930; PRAGMA user_version = 1; CREATE TABLE sessions (id INTEGER)");
  old.close();
  const lock = `${indexPath(folder)}.rebuild`;
  mkdirSync(lock);
  const opening = openIndexFile(folder);
  setTimeout(() => {
    rmSync(indexPath(folder));
    rmSync(lock, { recursive: true });
  }, 100);
  const { database, path, problem } = await opening;
  expect({ path, problem }).toEqual({ path: indexPath(folder), problem: undefined });
  expect(existsSync(lock)).toBe(false);
  database.close();
});
