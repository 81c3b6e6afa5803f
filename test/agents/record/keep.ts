import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { listFiles } from "../files.ts";
import type { Recipe } from "./recipes.ts";

const DATABASE = /\.(?:sqlite3?|db)$/;

/** The files of a home that are kept, relative to it. */
export function keptFiles(paths: readonly string[], recipe: Pick<Recipe, "keep">): string[] {
  return paths.filter((path) => recipe.keep.some((pattern) => pattern.test(path)));
}

/** Copies the session store of `home`, and nothing else, to `out`. Databases come as one file, without a log. */
export async function copyStore(
  home: string,
  out: string,
  recipe: Pick<Recipe, "keep" | "rewrite" | "emptied" | "statements">,
): Promise<void> {
  const kept = keptFiles(await listFiles(home), recipe);
  if (kept.length === 0) throw new Error("the agent left nothing that is to be kept");
  for (const path of kept) {
    const from = join(home, path);
    const to = join(out, path);
    await mkdir(dirname(to), { recursive: true });
    const rewrite = recipe.rewrite?.[path];
    if (DATABASE.test(path)) foldLog(from);
    if (rewrite === undefined) await copyFile(from, to);
    else await writeFile(to, rewrite(await readFile(from, "utf8")));
    const emptied = recipe.emptied?.[path] ?? [];
    const statements = recipe.statements?.[path] ?? [];
    if (emptied.length > 0 || statements.length > 0) changeDatabase(to, emptied, statements);
  }
}

function foldLog(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Leaves nothing of the old rows in the file either: they lie in free pages until it is packed. */
function changeDatabase(path: string, emptied: readonly string[], statements: readonly string[]): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  const known = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = new Set(known.map((row) => row["name"]));
  for (const table of emptied) if (names.has(table)) database.exec(`DELETE FROM "${table}"`);
  for (const statement of statements) database.exec(statement);
  database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}
