import type {
  JsonObject,
  Lineage,
  SessionHeader,
  SessionRef,
  SessionSummary,
  Usage,
  World,
} from "casr-cli/provider";
import { objectOf, stringOf } from "./json.ts";
import { givenTitle, type SessionRow, type Tokens } from "./native.ts";
import { isAbsolute } from "./paths.ts";
import { defined } from "./rows.ts";

/** casr's mark, if it is whole. */
function lineageOf(mark: JsonObject | undefined, world: World): Lineage | undefined {
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const digest = stringOf(mark, "digest");
  const casrVersion = stringOf(mark, "version");
  const convertedAt = world.toolkit.parseTimestamp(mark?.["converted_at"]);
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}

function workspaceOf(row: SessionRow): string | undefined {
  return row.directory !== undefined && isAbsolute(row.directory) ? row.directory : undefined;
}

/** What a listing shows of a session. */
export function summaryOf(ref: SessionRef, row: SessionRow, world: World): SessionSummary {
  const title = givenTitle(row.title);
  const hidden = row.parentId !== undefined ? "subagent" : row.archived ? "archived" : undefined;
  return defined<SessionSummary>({
    ref,
    title: title === undefined ? undefined : world.toolkit.titleFrom(title),
    nativeName: title,
    workspace: workspaceOf(row),
    startedAt: row.created,
    lastActiveAt: row.updated,
    model: row.model?.modelID,
    gitBranch: undefined,
    lineage: lineageOf(row.mark, world),
    hidden,
  });
}

/** Token counts under the names casr has for them. */
export function usageOf(tokens: Tokens | undefined): Usage | undefined {
  if (tokens === undefined) return undefined;
  const usage = defined<Usage>({
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    reasoningTokens: tokens.reasoning,
    cacheReadTokens: tokens.cacheRead,
    cacheWriteTokens: tokens.cacheWrite,
  });
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/** Everything about a session but its messages. */
export function headerOf(
  ref: SessionRef,
  row: SessionRow,
  facts: { children: string[]; model: string | undefined },
  world: World,
): SessionHeader {
  const summary = summaryOf(ref, row, world);
  const link = (id: string) => ({ id, provider: ref.provider, relation: "subagent" as const });
  return defined<SessionHeader>({
    id: ref.id,
    provider: ref.provider,
    title: summary.title,
    nativeName: summary.nativeName,
    workspace: summary.workspace,
    git: undefined,
    startedAt: row.created,
    endedAt: row.updated,
    model: facts.model ?? row.model?.modelID,
    agentVersion: row.version,
    usage: usageOf(row.usage),
    parent: row.parentId === undefined ? undefined : link(row.parentId),
    children: facts.children.length === 0 ? undefined : facts.children.map(link),
    lineage: summary.lineage,
    metadata: defined<JsonObject>({ projectID: row.projectId, agent: row.agent }),
    sourcePath: ref.path,
  });
}
