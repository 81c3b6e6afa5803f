import type { JsonObject, JsonValue, Lineage, SessionHeader, SessionLink, World } from "casr-cli/provider";
import { isObject, numberOf, objectOf, objectsOf, stringOf } from "./json.ts";
import { isThreadId, SLUG } from "./native.ts";
import { pathOf } from "./paths.ts";

/** What the members of a thread say about it, wherever they were read from. */
export interface Described {
  title?: string;
  workspace?: string;
  startedAt?: number;
  model?: string;
  agentVersion?: string;
  git?: { branch?: string; commit?: string; remote?: string };
  parent?: SessionLink;
  lineage?: Lineage;
  archived: boolean;
}

/** Reads the members a header or a line of a list is made of. */
export function describe(members: JsonObject, world: World): Described {
  const { parseTimestamp } = world.toolkit;
  const initial = objectOf(objectOf(members, "env"), "initial");
  const tree = objectsOf(initial, "trees")[0];
  const mark = objectOf(members, "casr");
  const title = stringOf(members, "title")?.trim();
  const workspace = pathOf(stringOf(tree, "uri") ?? "") ?? stringOf(mark, "cwd");
  const created = parseTimestamp(numberOf(members, "created"));
  const agentVersion = stringOf(objectOf(initial, "platform"), "clientVersion");
  const model = modelTag(initial?.["tags"]);
  const git = gitOf(objectOf(tree, "repository"));
  const parent = parentOf(members);
  const lineage = lineageOf(mark, world);
  return {
    ...(title === undefined || title === "" ? {} : { title }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(created === undefined || created <= 0 ? {} : { startedAt: created }),
    ...(model === undefined ? {} : { model }),
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(git === undefined ? {} : { git }),
    ...(parent === undefined ? {} : { parent }),
    ...(lineage === undefined ? {} : { lineage }),
    archived: members["archived"] === true,
  };
}

const MODEL_TAG = "model:";

function modelTag(tags: JsonValue | undefined): string | undefined {
  if (!Array.isArray(tags)) return undefined;
  const tag = tags.find((value) => typeof value === "string" && value.startsWith(MODEL_TAG));
  return typeof tag === "string" && tag.length > MODEL_TAG.length ? tag.slice(MODEL_TAG.length) : undefined;
}

function gitOf(repository: JsonObject | undefined): SessionHeader["git"] {
  if (repository === undefined) return undefined;
  const remote = stringOf(repository, "url");
  const branch = stringOf(repository, "ref")?.replace(/^refs\/heads\//, "");
  const commit = stringOf(repository, "sha");
  const git = {
    ...(branch === undefined ? {} : { branch }),
    ...(commit === undefined ? {} : { commit }),
    ...(remote === undefined ? {} : { remote }),
  };
  return Object.keys(git).length === 0 ? undefined : git;
}

/** A thread's threads of subagents name it; of forks and hand-offs the relation says which of the two came first. */
function parentOf(members: JsonObject): SessionLink | undefined {
  const main = stringOf(members, "mainThreadID");
  if (main !== undefined && isThreadId(main)) return link(main, "subagent");
  // "child" is the role of this thread.
  return relatives(members, "child")[0];
}

/** The other threads to which this one stands in a role. */
export function relatives(members: JsonObject, role: "parent" | "child"): SessionLink[] {
  return objectsOf(members, "relationships").flatMap((relation) => {
    const id = stringOf(relation, "threadID");
    const kind = stringOf(relation, "type");
    const fits = relation["role"] === role && (kind === "fork" || kind === "handoff");
    return fits && id !== undefined && isThreadId(id) ? [link(id, "fork")] : [];
  });
}

export function link(id: string, relation: SessionLink["relation"]): SessionLink {
  return { id, provider: SLUG, relation };
}

/** casr's mark on a thread it wrote. */
function lineageOf(mark: JsonValue | undefined, world: World): Lineage | undefined {
  if (!isObject(mark)) return undefined;
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const digest = stringOf(mark, "digest");
  const casrVersion = stringOf(mark, "version");
  const convertedAt = world.toolkit.parseTimestamp(stringOf(mark, "converted_at"));
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}
