import type {
  JsonObject,
  Lineage,
  SessionHeader,
  SessionLink,
  SessionRef,
  Toolkit,
  Usage,
} from "casr-cli/provider";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";
import type { Envelope } from "./native.ts";
import type { Scan } from "./scan.ts";

export const SLUG = "codex";

/** casr's mark in a `session_meta` payload. */
export function lineageOf(payload: JsonObject, toolkit: Toolkit): Lineage | undefined {
  const mark = objectOf(payload, "casr");
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const convertedAt = toolkit.parseTimestamp(mark?.["converted_at"]);
  if (sourceProvider === undefined || sourceId === undefined || convertedAt === undefined) return undefined;
  const digest = stringOf(mark, "digest") ?? "";
  return { sourceProvider, sourceId, digest, casrVersion: stringOf(mark, "version") ?? "", convertedAt };
}

/** Whether a `session_meta` payload belongs to a subagent's session. */
export function isSubagent(payload: JsonObject): boolean {
  const source = payload["source"];
  return (
    payload["thread_source"] === "subagent" ||
    (isObject(source) && (source["subagent"] ?? source["subAgent"]) !== undefined)
  );
}

/** Whether the session was made by `codex exec`. */
export function isHeadless(payload: JsonObject): boolean {
  return payload["source"] === "exec";
}

/** Token counts in Codex's words (`input_tokens` holds the cached ones too). */
export function usageOf(value: JsonObject | undefined): Usage | undefined {
  if (value === undefined) return undefined;
  const cached = numberOf(value, "cached_input_tokens");
  const input = numberOf(value, "input_tokens");
  const output = numberOf(value, "output_tokens");
  const written = numberOf(value, "cache_write_input_tokens");
  const reasoning = numberOf(value, "reasoning_output_tokens");
  if (input === undefined && output === undefined) return undefined;
  return {
    ...(input === undefined ? {} : { inputTokens: Math.max(0, input - (cached ?? 0)) }),
    ...(output === undefined ? {} : { outputTokens: output }),
    ...(cached === undefined ? {} : { cacheReadTokens: cached }),
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

/** The session this one was forked or started from. */
function parentOf(payload: JsonObject): SessionLink | undefined {
  const source = objectOf(payload["source"], "subagent");
  const spawned =
    stringOf(payload, "parent_thread_id") ?? stringOf(objectOf(source, "thread_spawn"), "parent_thread_id");
  if (spawned !== undefined) return { id: spawned.toLowerCase(), provider: SLUG, relation: "subagent" };
  const forked = stringOf(payload, "forked_from_id");
  return forked === undefined ? undefined : { id: forked.toLowerCase(), provider: SLUG, relation: "fork" };
}

export function gitOf(payload: JsonObject): NonNullable<SessionHeader["git"]> | undefined {
  const git = objectOf(payload, "git");
  const branch = stringOf(git, "branch");
  const commit = stringOf(git, "commit_hash");
  const remote = stringOf(git, "repository_url");
  if (branch === undefined && commit === undefined && remote === undefined) return undefined;
  return {
    ...(branch === undefined ? {} : { branch }),
    ...(commit === undefined ? {} : { commit }),
    ...(remote === undefined ? {} : { remote }),
  };
}

const METADATA = [
  "originator",
  "source",
  "thread_source",
  "model_provider",
  "history_mode",
  "agent_path",
  "agent_nickname",
];

function metadataOf(payload: JsonObject): JsonObject {
  const metadata: JsonObject = {};
  for (const key of METADATA)
    if (payload[key] !== undefined && payload[key] !== null) metadata[key] = payload[key];
  return metadata;
}

/** The header of a session from its first `session_meta` and what a pass over its lines told. */
export function headerOf(
  ref: SessionRef,
  meta: Envelope | undefined,
  scan: Scan,
  names: { nativeName?: string },
  toolkit: Toolkit,
): SessionHeader {
  const payload = meta?.payload ?? {};
  const title =
    names.nativeName ?? (scan.preview === undefined ? undefined : toolkit.titleFrom(scan.preview));
  const workspace = scan.cwd ?? stringOf(payload, "cwd");
  const git = gitOf(payload);
  const startedAt = toolkit.parseTimestamp(payload["timestamp"]) ?? toolkit.parseTimestamp(scan.firstTime);
  const endedAt = toolkit.parseTimestamp(scan.lastTime);
  const agentVersion = stringOf(payload, "cli_version");
  const usage = usageOf(scan.usage);
  const parent = parentOf(payload);
  const children = [...scan.children].map((id): SessionLink => ({
    id,
    provider: SLUG,
    relation: "subagent",
  }));
  const lineage = lineageOf(payload, toolkit);
  return {
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(names.nativeName === undefined ? {} : { nativeName: names.nativeName }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(git === undefined ? {} : { git }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(scan.model === undefined ? {} : { model: scan.model }),
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(usage === undefined ? {} : { usage }),
    ...(parent === undefined ? {} : { parent }),
    ...(children.length === 0 ? {} : { children }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata: metadataOf(payload),
    sourcePath: ref.path,
  };
}
