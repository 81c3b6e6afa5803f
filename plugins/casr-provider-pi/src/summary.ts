import type { JsonObject, Lineage, SessionRef, SessionSummary, Toolkit, World } from "casr-cli/provider";
import { modelOf, promptOf, timeOf } from "./entries.ts";
import { objectAt, stringAt } from "./json.ts";

/** casr's mark in the first line. */
export function lineageOf(head: JsonObject | undefined, toolkit: Toolkit): Lineage | undefined {
  const mark = objectAt(head, "casr");
  const source = objectAt(mark, "source");
  const sourceProvider = stringAt(source, "provider");
  const sourceId = stringAt(source, "id");
  const digest = stringAt(mark, "digest");
  const casrVersion = stringAt(mark, "version");
  const convertedAt = toolkit.parseTimestamp(mark?.["converted_at"]);
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}

/** The session's title, and the name a person gave it. A name casr wrote from a title is none. */
export function titleOf(
  name: string | undefined,
  prompt: string | undefined,
  isOwn: boolean,
  toolkit: Toolkit,
): { title?: string; nativeName?: string } {
  const given = name === undefined || name === "" ? undefined : name;
  const title = toolkit.titleFrom(given ?? "") ?? toolkit.titleFrom(prompt ?? "");
  return {
    ...(title === undefined ? {} : { title }),
    ...(given === undefined || !isOwn ? {} : { nativeName: given }),
  };
}

/** What head and tail of a session tell. */
interface Ends {
  head: JsonObject | undefined;
  name: string | undefined;
  prompt: string | undefined;
  model: string | undefined;
  firstTime: number | undefined;
  lastTime: number | undefined;
}

async function readEnds(path: string, size: number, world: World): Promise<Ends> {
  const ends = await world.toolkit.ends(world.files, path, size);
  const isHead = (record: JsonObject): boolean => record["type"] === "session";
  const time = (record: JsonObject): number | undefined =>
    isHead(record) ? undefined : timeOf(record, world);
  const head = ends.first('"session"', (record) => (isHead(record) ? record : undefined));
  const name = ends.last('"session_info"', (record) =>
    record["type"] === "session_info" ? (stringAt(record, "name") ?? "").trim() : undefined,
  );
  const prompt = ends.first('"user"', promptOf);
  // "model" and "modelId"
  const model = ends.last('"model', modelOf);
  const firstTime = ends.first('"timestamp"', time);
  const lastTime = ends.last('"timestamp"', time);
  return { head, name, prompt, model, firstTime, lastTime };
}

/** What a listing shows of a session. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const { head, name, prompt, model, ...times } = await readEnds(ref.path, ref.sizeBytes, world);
  const workspace = stringAt(head, "cwd");
  const startedAt = world.toolkit.parseTimestamp(head?.["timestamp"]) ?? times.firstTime;
  const lineage = lineageOf(head, world.toolkit);
  return {
    ref,
    ...titleOf(name, prompt, head?.["casr"] === undefined, world.toolkit),
    ...(workspace === undefined || workspace === "" ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(times.lastTime === undefined ? {} : { lastActiveAt: times.lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}
