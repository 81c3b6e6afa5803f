import { messageSnippet, normalizeRole, titleFrom } from "../session/content.ts";
import type { SessionSummary } from "../provider/reader.ts";
import type { World } from "../provider/world.ts";
import type { FoundSession, Host, InfoReport, ListedSession, ListOptions, ListReport } from "./api.ts";
import { DiagnosticLog } from "./diagnostics.ts";
import { isCasrError, messageOf } from "./errors.ts";
import { providerFault } from "./faults.ts";
import { discoverAll, isWithin, locateSession } from "./locate.ts";
import { factsOf, openSource } from "./source.ts";

export { providerStatuses } from "./statuses.ts";

const SNIPPET_CHARS = 200;
const AT_ONCE = 8;

/** Runs `action` on every item, a few at a time, and keeps their order. */
async function mapSome<T, R>(items: T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await action(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}

async function summarized(session: FoundSession, world: World): Promise<ListedSession> {
  const { provider, ref } = session;
  try {
    const summary = await (await provider.reader!()).summarize(ref, world);
    return { provider, summary };
  } catch (error) {
    if (world.signal.aborted) throw error;
    return { provider, summary: { ref }, problem: messageOf(providerFault(provider, error)) };
  }
}

async function withStats(session: ListedSession, world: World): Promise<ListedSession> {
  if (session.problem !== undefined) return session;
  try {
    const source = await openSource(session.provider, session.summary.ref, world);
    const { stats } = await factsOf(source, "full");
    return { ...session, stats };
  } catch (error) {
    if (world.signal.aborted) throw error;
    return { ...session, problem: messageOf(error) };
  }
}

function activeAt(summary: SessionSummary): number {
  return summary.lastActiveAt ?? summary.ref.modifiedAt;
}

function compare(sort: ListOptions["sort"]): (a: ListedSession, b: ListedSession) => number {
  const byDate = (a: ListedSession, b: ListedSession): number => activeAt(b.summary) - activeAt(a.summary);
  if (sort === "messages")
    return (a, b) => (b.stats?.messages ?? 0) - (a.stats?.messages ?? 0) || byDate(a, b);
  if (sort === "provider") return (a, b) => a.provider.slug.localeCompare(b.provider.slug) || byDate(a, b);
  return byDate;
}

/** A folder by the name given and by its real one: agents record either. */
async function namesOf(folder: string, world: World): Promise<string[]> {
  try {
    return [folder, (await world.files.realpath(folder)) ?? folder];
  } catch (error) {
    if (!isCasrError(error)) throw error;
    return [folder];
  }
}

/**
 * The sessions of all (or some) providers. Summaries come from heads and tails of files; only the sessions
 * that are shown are read whole for their counts. A session that cannot be read is listed with its problem.
 */
export async function listSessions(host: Host, options: ListOptions): Promise<ListReport> {
  const log = new DiagnosticLog();
  // Matters to who converts the session, not to who lists it.
  const world = host.world((diagnostic) => {
    if (diagnostic.code !== "opaque-compaction") log.warn(diagnostic);
  }, options.signal);
  const found = await discoverAll(host, options.providers, world);
  const all = await mapSome(found, (session) => summarized(session, world));
  const visible = all.filter((session) => options.hidden || session.summary.hidden !== "subagent");
  const places = options.workspace === undefined ? undefined : await namesOf(options.workspace, world);
  const matching = visible.filter(({ summary, problem }) => {
    if (places === undefined) return true;
    const { workspace } = summary;
    return problem === undefined && workspace !== undefined && places.some((one) => isWithin(workspace, one));
  });
  const needsAll = options.sort === "messages";
  const ranked = needsAll ? await mapSome(matching, (session) => withStats(session, world)) : matching;
  const limited = ranked.sort(compare(options.sort)).slice(0, options.limit > 0 ? options.limit : undefined);
  const sessions = needsAll ? limited : await mapSome(limited, (session) => withStats(session, world));
  const unreadable = all.filter((session) => session.problem !== undefined);
  const warnings = [...log.lines(), ...unreadable.map((session) => session.problem!)];
  return {
    sessions,
    matched: matching.length,
    elsewhere: visible.length - matching.length,
    warnings: [...new Set(warnings)],
  };
}

/** One session whole: header, counts, and the last `peek` messages as one-line snippets. */
export async function inspectSession(
  host: Host,
  options: { session: string; source?: string; peek: number; signal: AbortSignal },
): Promise<InfoReport> {
  const log = new DiagnosticLog();
  const world = host.world(log.warn, options.signal);
  const { provider, ref } = await locateSession(host, options.session, options.source, world);
  const source = await openSource(provider, ref, world);
  const facts = await factsOf(source, "full");
  const tail: InfoReport["tail"] = [];
  if (options.peek > 0) {
    for await (const message of source.messages("full")) {
      const snippet = messageSnippet(message, SNIPPET_CHARS);
      tail.push({ index: message.index, role: normalizeRole(message.role), snippet });
      if (tail.length > options.peek) tail.shift();
    }
  }
  const { header, records } = source.reading;
  if (header.title === undefined && facts.firstPrompt !== undefined) header.title = facts.firstPrompt;
  return { provider, ref, header, stats: facts.stats, tail, records, warnings: log.lines() };
}

/** Words that complete `prefix` as a session: ids of the newest sessions first, with a title each. */
export async function completeSessions(
  host: Host,
  prefix: string,
  limit: number,
  signal: AbortSignal,
): Promise<{ word: string; description: string }[]> {
  const world = host.world(() => {}, signal);
  const found = await discoverAll(host, undefined, world);
  const fitting = found
    .filter(({ ref }) => ref.id.toLowerCase().startsWith(prefix.toLowerCase()))
    .slice(0, limit);
  const summaries = await mapSome(fitting, (session) => summarized(session, world));
  const shown = summaries.filter(({ summary }) => summary.hidden !== "subagent");
  return shown.map(({ provider, summary }) => {
    const title = titleFrom(summary.title ?? "", 60) ?? "";
    return {
      word: summary.ref.id,
      description: `${provider.name}${title === "" ? "" : `: ${title}`}`,
    };
  });
}
