import type { JsonObject, World } from "casr-cli/provider";
import { isObject, parseJson, stringOf } from "./json.ts";
import { INDEX, pathsOf, sessionsFolder } from "./paths.ts";

const MAX_BYTES = 64 * 1024 * 1024;

interface Table {
  stamp: string;
  rows: Promise<Map<string, JsonObject>>;
}

/** A list asks for many sessions of the same index. */
const tables = new WeakMap<World, Table>();

/** The rows of `sessions.json` by session id; none when it is missing or damaged, which is warned about. */
export async function indexRows(world: World): Promise<Map<string, JsonObject>> {
  const path = pathsOf(world).join(sessionsFolder(world), INDEX);
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || stat.size > MAX_BYTES) return new Map();
  const stamp = `${path} ${stat.size} ${stat.mtimeMs}`;
  let table = tables.get(world);
  if (table?.stamp !== stamp) {
    table = { stamp, rows: readRows(path, world) };
    tables.set(world, table);
  }
  return table.rows;
}

async function readRows(path: string, world: World): Promise<Map<string, JsonObject>> {
  const rows = parseJson((await world.files.readText(path)) ?? "");
  if (!Array.isArray(rows)) {
    world.warn({
      code: "bad-index",
      message: "the list of sessions is damaged; the sessions are read without it",
      path,
    });
    return new Map();
  }
  return new Map(
    rows.filter(isObject).flatMap((row): [string, JsonObject][] => {
      const id = stringOf(row, "sessionId");
      return id === undefined ? [] : [[id, row]];
    }),
  );
}
