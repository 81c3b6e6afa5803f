import type { JsonObject, SessionRef, World } from "casr-cli/provider";
import { isObject, parseJson, stringOf } from "./json.ts";
import { INDEX, pathsOf, sessionsFolder } from "./paths.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/** What a listing needs of a row; the others are counts and paths that change with every turn. */
const LISTED = ["title", "workspaceDirectory", "dateCreated", "casr"];
const MAX_TEXT = 4096;

/** What `sessions.json` says of each session, by id; none when it is missing or damaged, which is warned about. */
export async function indexRows(world: World): Promise<Map<string, JsonObject>> {
  const path = pathsOf(world).join(sessionsFolder(world), INDEX);
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || stat.size > MAX_BYTES) return new Map();
  return readRows(path, world);
}

/** What the list says of one session: read already, when casr came by the list to it. */
export async function rowOf(ref: SessionRef, world: World): Promise<JsonObject | undefined> {
  return ref.listed ?? (await indexRows(world)).get(ref.id);
}

function listedOf(row: JsonObject): JsonObject {
  const listed: JsonObject = {};
  for (const name of LISTED) {
    const value = row[name];
    if (typeof value === "string") listed[name] = value.slice(0, MAX_TEXT);
    else if (value !== undefined) listed[name] = value;
  }
  return listed;
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
      return id === undefined ? [] : [[id, listedOf(row)]];
    }),
  );
}
