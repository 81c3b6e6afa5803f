import { basename } from "node:path";
import type { World } from "casr-cli/provider";
import { JOURNAL, MAIN_AGENT, STATE } from "./native.ts";
import { isId, joined, pathsOf } from "./paths.ts";

/** kimi-cli's history, in a folder of its own since 0.40; before it was a file named after the session. */
const CONTEXT = "context.jsonl";

/** Where a session is, told by its path alone. */
export interface SessionPlace {
  layout: "code" | "cli" | "cli-file";
  id: string;
  /** The file with the conversation. */
  path: string;
  /** `state.json`; only where a session has a folder of its own. */
  state?: string;
  /** Name of the folder that stands for the workspace. */
  bucket: string;
  /** Of a subagent: the session it worked for. */
  parent?: string;
}

/** Between a session's id and that of its subagent, which other sessions have too. */
const OF = ".";

/** The main session of Kimi Code in `folder`. */
export function codeSession(folder: string, agent: string, world: World): SessionPlace {
  const { basename: name, dirname } = pathsOf(world);
  const id = name(folder);
  return {
    layout: "code",
    id: agent === MAIN_AGENT ? id : `${id}${OF}${agent}`,
    path: joined(world, folder, "agents", agent, JOURNAL),
    state: joined(world, folder, STATE),
    bucket: name(dirname(folder)),
    ...(agent === MAIN_AGENT ? {} : { parent: id }),
  };
}

/** A session of kimi-cli in a folder. */
export function cliSession(folder: string, world: World): SessionPlace {
  const { basename: name, dirname } = pathsOf(world);
  return {
    layout: "cli",
    id: name(folder),
    path: joined(world, folder, CONTEXT),
    state: joined(world, folder, STATE),
    bucket: name(dirname(folder)),
  };
}

/** A subagent of a session of kimi-cli. */
function cliSubagent(folder: string, session: string, world: World): SessionPlace {
  const { basename: name, dirname } = pathsOf(world);
  const parent = name(session);
  return {
    layout: "cli",
    id: `${parent}${OF}${name(folder)}`,
    path: joined(world, folder, CONTEXT),
    bucket: name(dirname(session)),
    parent,
  };
}

/** A session of the first kimi-cli: a file beside others. */
export function cliFileSession(path: string, world: World): SessionPlace {
  const { basename: name, dirname } = pathsOf(world);
  return { layout: "cli-file", id: name(path, ".jsonl"), path, bucket: name(dirname(path)) };
}

/** The session that the file at `path` belongs to; undefined where neither layout has such a file. */
export function placeOf(path: string, world: World): SessionPlace | undefined {
  const { dirname } = pathsOf(world);
  const name = basename(path.replaceAll("\\", "/"));
  const folder = dirname(path);
  const above = dirname(folder);
  const nameOf = (each: string): string => basename(each.replaceAll("\\", "/"));
  let place: SessionPlace | undefined;
  if (name === JOURNAL && nameOf(above) === "agents")
    place = codeSession(dirname(above), nameOf(folder), world);
  else if (name === CONTEXT)
    place =
      nameOf(above) === "subagents" ? cliSubagent(folder, dirname(above), world) : cliSession(folder, world);
  else if (/^[0-9a-f-]{36}\.jsonl$/i.test(name) && /(?:^|_)[0-9a-f]{32}$/.test(nameOf(folder)))
    place = cliFileSession(path, world);
  return place !== undefined && isId(place.id) ? place : undefined;
}

/** The parts of an id of a subagent: its session and itself. */
export function splitId(id: string): { session: string; agent: string } | undefined {
  const at = id.lastIndexOf(OF);
  return at <= 0 ? undefined : { session: id.slice(0, at), agent: id.slice(at + 1) };
}
