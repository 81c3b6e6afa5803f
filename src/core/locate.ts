import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { SessionRef } from "../provider/reader.ts";
import type { World } from "../provider/world.ts";
import type { FoundSession, Host, Provider } from "./api.ts";
import { CasrError, messageOf } from "./errors.ts";
import { providerFault } from "./faults.ts";
import { isIndexDamage, withIndex, type Entry, type SessionIndex } from "./session-index/index.ts";

/** How many of the newest sessions `latest` looks at for one that belongs to the current folder. */
const LATEST_LOOKS = 100;

/** The providers that can read, or the one `word` names. */
function readersFor(host: Host, word: string | undefined): Provider[] {
  if (word !== undefined) {
    const provider = host.registry.get(word);
    if (provider.reader === undefined) {
      throw new CasrError("capability-missing", `${provider.name} sessions can be written but not read.`, {
        context: { provider: provider.slug, capability: "read" },
      });
    }
    return [provider];
  }
  return host.registry.providers.filter((provider) => provider.reader !== undefined);
}

/** Asks every provider at once; one that fails becomes a warning, unless it was the only one asked. */
async function askAll<T>(
  providers: Provider[],
  world: World,
  question: (provider: Provider) => Promise<T[]>,
): Promise<T[]> {
  const answers = await Promise.allSettled(providers.map(question));
  return answers.flatMap((answer, index) => {
    if (answer.status === "fulfilled") return answer.value;
    if (isIndexDamage(answer.reason)) throw answer.reason;
    const error = providerFault(providers[index]!, answer.reason);
    if (providers.length === 1 || world.signal.aborted) throw error;
    world.warn({ code: "provider-failed", message: `${providers[index]!.name}: ${messageOf(error)}` });
    return [];
  });
}

async function located(provider: Provider, word: string, world: World): Promise<FoundSession[]> {
  const reader = await provider.reader!();
  const found: FoundSession[] = [];
  for await (const ref of reader.locate(word, world)) found.push({ provider, ref });
  return found;
}

/** Orders sessions by the time they changed, the newest first. */
export const newestFirst = (a: Entry, b: Entry): number =>
  b.modifiedAt - a.modifiedAt || (a.id < b.id ? -1 : 1);

/** All sessions of all (or the named) providers, in no order. */
export async function discoverAll(
  index: SessionIndex,
  host: Host,
  words: string[] | undefined,
  world: World,
): Promise<Entry[]> {
  const providers =
    words === undefined ? readersFor(host, undefined) : words.flatMap((word) => readersFor(host, word));
  return askAll(providers, world, (provider) => index.sessions(provider));
}

/** Whether `folder` is `root` or lies below it. */
export function isWithin(folder: string, root: string): boolean {
  const path = relative(root, folder);
  return path === "" || (!path.startsWith("..") && !isAbsolute(path));
}

function looksLikePath(word: string): boolean {
  return /[/\\]/.test(word) || word.startsWith("~") || /\.(jsonl?|zst|db|sqlite|vscdb|md)$/i.test(word);
}

function expanded(path: string, world: World): string {
  return path === "~" || path.startsWith("~/") ? join(world.home, path.slice(1)) : resolve(world.cwd, path);
}

async function identified(
  host: Host,
  path: string,
  source: string | undefined,
  world: World,
): Promise<FoundSession> {
  const absolute = expanded(path, world);
  const stats = await world.files.stat(absolute);
  // `<database>/<session id>` names one of the sessions of a database.
  const inside = stats === undefined && (await world.files.stat(dirname(absolute)))?.kind === "file";
  if (stats === undefined && !inside) {
    throw new CasrError("session-not-found", `There is no file ${absolute}.`, {
      context: { path: absolute },
      suggestions: ["List the sessions casr can see: casr list --all"],
    });
  }
  const providers = readersFor(host, source);
  const found = await askAll(providers, world, async (provider): Promise<FoundSession[]> => {
    const ref = await (await provider.reader!()).identify(absolute, world);
    return ref === undefined ? [] : [{ provider, ref }];
  });
  if (found.length > 0) return found[0]!;
  throw new CasrError("session-not-found", `No provider recognises ${absolute} as a session.`, {
    context: { path: absolute, providers: providers.map((provider) => provider.slug) },
    suggestions: [
      ...host.registry.absent.map(
        (agent) => `If it is ${agent.name}'s: casr plugins install ${agent.package}`,
      ),
      "See which agents casr reads: casr providers",
    ],
  });
}

/** The newest session of the current folder, or the newest of all when none belongs to it. */
async function latest(host: Host, source: string | undefined, world: World): Promise<FoundSession> {
  return withIndex(host, world, async (index) => {
    const all = await discoverAll(index, host, source === undefined ? undefined : [source], world);
    const found = all.sort(newestFirst);
    let newest: Entry | undefined;
    for (const entry of found.slice(0, LATEST_LOOKS)) {
      await index.summarize(entry);
      const { problem } = entry;
      if (problem !== undefined) {
        world.warn({ code: "unreadable-session", message: problem, path: index.ref(entry).path });
        newest ??= entry;
        continue;
      }
      const { hidden, workspace } = index.facts(entry);
      if (hidden === "subagent") continue;
      newest ??= entry;
      if (workspace !== undefined && isWithin(world.cwd, workspace)) return chosen(index, entry);
    }
    newest ??= found[0];
    if (newest !== undefined) return chosen(index, newest);
    throw notFound(host, "latest", source);
  });
}

function chosen(index: SessionIndex, entry: Entry): FoundSession {
  return { provider: entry.provider, ref: index.ref(entry) };
}

/** The session at `position`, counted from 1, newest first; subagents are passed over. */
async function nth(provider: Provider, position: number, host: Host, world: World): Promise<FoundSession> {
  let count = 0;
  const found = await withIndex(host, world, async (index) => {
    for (const entry of (await index.sessions(provider)).toSorted(newestFirst)) {
      await index.summarize(entry);
      if (entry.problem === undefined && index.facts(entry).hidden === "subagent") continue;
      count += 1;
      if (count === position) return chosen(index, entry);
    }
    return undefined;
  });
  if (found !== undefined) return found;
  throw new CasrError(
    "session-not-found",
    `${provider.name} has ${count} session(s), there is no number ${position}.`,
    {
      context: { provider: provider.slug, sessions: count },
      suggestions: [`See them: casr list --all --provider ${provider.slug}`],
    },
  );
}

function notFound(host: Host, word: string, source: string | undefined): CasrError {
  const asked = readersFor(host, source).map((provider) => provider.name);
  return new CasrError(
    "session-not-found",
    `No session "${word}" in ${asked.join(", ") || "any provider"}.`,
    {
      context: { session: word, providers: readersFor(host, source).map((provider) => provider.slug) },
      suggestions: [
        "List the sessions casr can see: casr list --all",
        "Name a file: casr resume <path> --to <target>",
      ],
    },
  );
}

function ambiguous(word: string, found: FoundSession[]): CasrError {
  const words = found.map(({ provider, ref }) => `${provider.slug}:${ref.id}`);
  return new CasrError("ambiguous-session", `"${word}" fits ${found.length} sessions.`, {
    context: {
      session: word,
      candidates: found.map(({ provider, ref }) => ({ provider: provider.slug, id: ref.id, path: ref.path })),
    },
    suggestions: words.slice(0, 10).map((candidate) => `casr info ${candidate}`),
  });
}

/** The sessions with exactly this id by provider, where the index can tell. */
async function knownWithId(
  index: SessionIndex,
  id: string,
  providers: Provider[],
): Promise<Map<Provider, SessionRef[] | undefined>> {
  if (!index.hasId(id)) return new Map();
  const answers = providers.map(async (provider) => [provider, await index.known(provider, id)] as const);
  return new Map(await Promise.all(answers));
}

async function byId(
  host: Host,
  word: string,
  source: string | undefined,
  world: World,
): Promise<FoundSession> {
  const providers = readersFor(host, source);
  const known = await withIndex(host, world, (index) => knownWithId(index, word, providers));
  // Where no index can tell, and for the start of an id (which may be a subagent's), the readers are asked.
  const isKnown = [...known.values()].some((refs) => refs !== undefined && refs.length > 0);
  const found = await askAll(providers, world, async (provider): Promise<FoundSession[]> => {
    const refs = isKnown ? known.get(provider) : undefined;
    return refs?.map((ref) => ({ provider, ref })) ?? (await located(provider, word, world));
  });
  const exact = found.filter(({ ref }) => ref.id.toLowerCase() === word.toLowerCase());
  const candidates = exact.length > 0 ? exact : found;
  if (candidates.length === 1) return candidates[0]!;
  throw candidates.length === 0 ? notFound(host, word, source) : ambiguous(word, candidates);
}

/**
 * Finds the one session a person means by `word`: a path, `latest`, `provider:id`, `provider n` (the n-th
 * newest), an id or a unique prefix of one. `source` is a provider's slug or alias, or a path.
 * Throws `session-not-found`, `ambiguous-session` (with ready commands) or `unknown-provider`.
 */
export async function locateSession(
  host: Host,
  word: string,
  source: string | undefined,
  world: World,
): Promise<FoundSession> {
  const wanted = word.trim();
  if (source !== undefined && looksLikePath(source) && host.registry.find(source) === undefined) {
    return identified(host, source, undefined, world);
  }
  if (wanted === "")
    throw new CasrError("usage", "Name a session: an id, a prefix of one, a path, or latest.");
  const numbered = /^(\S+)\s+(\d{1,6})$/.exec(wanted);
  if (numbered !== null) return nth(readersFor(host, numbered[1]!)[0]!, Number(numbered[2]), host, world);
  if (looksLikePath(wanted)) return identified(host, wanted, source, world);
  const qualified = /^([A-Za-z][A-Za-z0-9-]*):(.+)$/.exec(wanted);
  if (
    qualified !== null &&
    (host.registry.find(qualified[1]!) !== undefined || host.registry.offer(qualified[1]!) !== undefined)
  ) {
    const [, provider, id] = qualified;
    return id === "latest" ? latest(host, provider, world) : byId(host, id!, provider, world);
  }
  return wanted.toLowerCase() === "latest" ? latest(host, source, world) : byId(host, wanted, source, world);
}
