import { messageSnippet, normalizeRole, titleFrom } from "../session/content.ts";
import type { Diagnostic, World } from "../provider/world.ts";
import type {
  Host,
  InfoOptions,
  InfoReport,
  ListedSession,
  ListOptions,
  ListReport,
  SessionStats,
} from "./api.ts";
import { DiagnosticLog } from "./diagnostics.ts";
import { isCasrError } from "./errors.ts";
import { discoverAll, isWithin, locateSession, newestFirst } from "./locate.ts";
import { withIndex, type Entry, type SessionIndex } from "./session-index/index.ts";
import { Turns } from "./session-index/store.ts";
import { ReadingProgress } from "./progress.ts";
import { factsOf, openSource } from "./source.ts";

const SNIPPET_CHARS = 200;
const AT_ONCE = 8;

/** Runs `action` on every item, a few at a time, and keeps their order. */
async function mapSome<T, R>(
  items: T[],
  action: (item: T) => Promise<R>,
  signal: AbortSignal,
  onProgress?: (done: number, total: number) => void,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length });
  const turns = new Turns();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await action(items[index]!);
      onProgress?.(next, items.length);
      await turns.take(signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}

interface Candidate {
  entry: Entry;
  activeAt: number;
  stats?: SessionStats | undefined;
}

function compare(sort: ListOptions["sort"]): (a: Candidate, b: Candidate) => number {
  const byDate = (a: Candidate, b: Candidate): number =>
    b.activeAt - a.activeAt || newestFirst(a.entry, b.entry);
  if (sort === "messages")
    return (a, b) => (b.stats?.messages ?? 0) - (a.stats?.messages ?? 0) || byDate(a, b);
  if (sort === "provider")
    return (a, b) => a.entry.provider.slug.localeCompare(b.entry.provider.slug) || byDate(a, b);
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

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [first, second] = [a.path ?? "", b.path ?? ""];
  return first < second ? -1 : first > second ? 1 : (a.line ?? 0) - (b.line ?? 0);
}

/**
 * The sessions of all (or some) providers. Summaries come from heads and tails of files; only the sessions
 * that are shown are read whole for their counts. A session that cannot be read is listed with its problem.
 */
export async function listSessions(host: Host, options: ListOptions): Promise<ListReport> {
  const diagnostics: Diagnostic[] = [];
  // Matters to who converts the session, not to who lists it.
  const world = host.world((diagnostic) => {
    if (diagnostic.code !== "opaque-compaction") diagnostics.push(diagnostic);
  }, options.signal);
  const places = options.workspace === undefined ? undefined : await namesOf(options.workspace, world);
  const listed = await withIndex(host, world, (index) => listedIn(index, host, options, places, world));
  const { problems, ...report } = listed;
  const log = new DiagnosticLog();
  // Several sessions are read at once: the order in which they told something means nothing.
  for (const diagnostic of diagnostics.sort(byPlace)) log.warn(diagnostic);
  return { ...report, warnings: [...new Set([...log.lines(), ...problems])] };
}

async function listedIn(
  index: SessionIndex,
  host: Host,
  options: ListOptions,
  places: string[] | undefined,
  world: World,
): Promise<Omit<ListReport, "warnings"> & { problems: string[] }> {
  const found = await discoverAll(index, host, options.providers, world);
  const unknown = found.filter((entry) => !index.isSummarized(entry)).sort(newestFirst);
  await mapSome(unknown, (entry) => index.summarize(entry), world.signal, options.onSessions);
  const here = new Map<string, boolean>();
  const isHere = (workspace: string): boolean => {
    const known = here.get(workspace) ?? places!.some((place) => isWithin(workspace, place));
    here.set(workspace, known);
    return known;
  };
  const matching: Candidate[] = [];
  let visible = 0;
  for (const entry of found) {
    const { hidden, workspace, activeAt } = index.facts(entry);
    if (hidden === "subagent" && !options.hidden) continue;
    visible += 1;
    const matches =
      places === undefined || (entry.problem === undefined && workspace !== undefined && isHere(workspace));
    if (matches) matching.push({ entry, activeAt });
  }
  const countAll = (candidates: Candidate[]): Promise<ListedSession[]> => {
    const sizeOf = ({ entry }: Candidate): number =>
      index.isCounted(entry) ? 0 : index.ref(entry).sizeBytes;
    const total = candidates.reduce((sum, candidate) => sum + sizeOf(candidate), 0);
    const progress = new ReadingProgress(total, options.onProgress ?? (() => {}));
    const count = async (session: Candidate): Promise<ListedSession> => {
      const counted = await progress.through(sizeOf(session), (onBytes) =>
        index.counted(session.entry, onBytes),
      );
      session.stats = counted.stats;
      return counted;
    };
    return mapSome(candidates, count, world.signal);
  };
  // Only the sessions that are shown are counted, unless the counts say which ones these are.
  if (options.sort === "messages") await countAll(matching);
  const shown = matching.sort(compare(options.sort)).slice(0, options.limit > 0 ? options.limit : undefined);
  const sessions = await countAll(shown);
  // What has no problem was summarized before.
  const problems = unknown.flatMap(({ problem }) => problem ?? []);
  return { sessions, matched: matching.length, elsewhere: visible - matching.length, problems };
}

/** One session whole: header, counts, and the last `peek` messages as one-line snippets. */
export async function inspectSession(host: Host, options: InfoOptions): Promise<InfoReport> {
  const log = new DiagnosticLog();
  let read: ((bytes: number) => void) | undefined;
  const world = host.world(log.warn, options.signal, (bytes) => read?.(bytes));
  const { provider, ref } = await locateSession(host, options.session, options.source, world);
  const progress = new ReadingProgress(ref.sizeBytes, options.onProgress ?? (() => {}));
  const { source, facts } = await progress.through(ref.sizeBytes, async (onBytes) => {
    read = onBytes;
    const opened = await openSource(provider, ref, world);
    return { source: opened, facts: await factsOf(opened, "full") };
  });
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
  return withIndex(host, world, async (index) => {
    const found = await discoverAll(index, host, undefined, world);
    const wanted = prefix.toLowerCase();
    const fitting = found
      .filter(({ id }) => id.toLowerCase().startsWith(wanted))
      .sort(newestFirst)
      .slice(0, limit);
    await mapSome(fitting, (entry) => index.summarize(entry), signal);
    const shown = fitting.filter((entry) => index.facts(entry).hidden !== "subagent");
    return shown.map((entry) => {
      const title = titleFrom(index.summary(entry).title ?? "", 60) ?? "";
      const { name } = entry.provider;
      return { word: entry.id, description: `${name}${title === "" ? "" : `: ${title}`}` };
    });
  });
}
