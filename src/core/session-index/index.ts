import type { Reader, SessionRef, SessionSummary } from "../../provider/reader.ts";
import type { World } from "../../provider/world.ts";
import type { Host, ListedSession, Provider } from "../api.ts";
import { messageOf } from "../errors.ts";
import { providerFault } from "../faults.ts";
import { openSource } from "../source.ts";
import { codeOf } from "./code.ts";
import { Counts } from "./counts.ts";
import {
  discardIndexFile,
  isBusy,
  isDamage,
  openIndexFile,
  openMemoryIndex,
  type OpenedIndex,
} from "./database-file.ts";
import { activeAt, countsFrom, refFrom, summaryFrom, warningsFrom, type Entry } from "./entry.ts";
import { countGrowth, countOn, growthFrom, type Counted } from "./growth.ts";
import { Loans } from "./quick.ts";
import { IndexReader, UnsoundRowError } from "./rows.ts";
import { Looks } from "./stamps.ts";
import { ProviderStore } from "./store.ts";
import { Trace } from "./trace.ts";
import { tracedWorld, type TracedOptions } from "./traced-world.ts";

export type { Entry } from "./entry.ts";

/** What listings filter and sort by. */
interface SessionFacts {
  hidden?: string | undefined;
  workspace?: string | undefined;
  /** Epoch ms. */
  activeAt: number;
}

/** Is told how many bytes of files were read each time. */
type OnBytes = (bytes: number) => void;

/** What the index holds of one provider's sessions, and how much of that still is as it was. */
export interface Standing {
  provider: Provider;
  sessions: number;
  /** Sessions whose summary, or counts, need not be made again. */
  summarized: number;
  counted: number;
  /** Nothing has come, gone or changed since. */
  current: boolean;
  /** When something of it was stored last, epoch ms. */
  changedAt: number;
}

/** The variable that keeps casr from using what it found earlier. */
const OFF = "CASR_NO_INDEX";

/**
 * The sessions of this machine, as earlier runs found them and as they are now: nothing is taken from the index
 * whose reader would say something else today. Made for one command, which sees all of it at one moment.
 */
export class SessionIndex {
  readonly #host: Host;
  readonly #world: World;
  readonly #opened: OpenedIndex;
  readonly #rows: IndexReader;
  readonly #looks: Looks;
  readonly #stores = new Map<Provider, Promise<ProviderStore>>();
  readonly #readers = new Map<Provider, Promise<Reader>>();

  constructor(host: Host, world: World, opened: OpenedIndex) {
    this.#host = host;
    this.#world = world;
    this.#opened = opened;
    this.#looks = new Looks(() => world.now());
    this.#rows = new IndexReader(opened.database);
    this.#rows.begin();
  }

  /** All sessions of a provider, in no order. Rejects with what its reader rejects with. */
  async sessions(provider: Provider): Promise<Entry[]> {
    const store = await this.#storeOf(provider);
    if (!store.holds) {
      const reader = await this.#readerOf(provider);
      const trace = new Trace();
      const world = this.#traced(trace);
      try {
        await store.discover(reader, { value: undefined, trace }, world, this.#rows);
      } catch (error) {
        for (const warning of trace.warnings) this.#world.warn(warning);
        throw error;
      }
    }
    for (const warning of store.warnings) this.#world.warn(warning);
    return store.entries;
  }

  /** Whether any session of any store ever had this id: if not, there is no use in asking more. */
  hasId(id: string): boolean {
    return this.#rows.hasSession(id);
  }

  /**
   * The sessions with exactly this id (whatever its case), where the index can tell without asking the reader;
   * undefined where it cannot.
   */
  async known(provider: Provider, id: string): Promise<SessionRef[] | undefined> {
    const store = await this.#storeOf(provider);
    if (!store.holds) return undefined;
    const wanted = id.toLowerCase();
    return store.entries.filter((entry) => entry.id.toLowerCase() === wanted).map((entry) => this.ref(entry));
  }

  /** What is stored of a provider's sessions; undefined when nothing is. */
  async standing(provider: Provider): Promise<Standing | undefined> {
    const { row, entries, holds } = await this.#storeOf(provider);
    if (row === undefined) return undefined;
    return {
      provider,
      sessions: entries.length,
      summarized: entries.filter((entry) => entry.holds.summary).length,
      counted: entries.filter((entry) => entry.holds.counts).length,
      current: holds,
      changedAt: row.changed_at,
    };
  }

  /** Where a session is. */
  ref(entry: Entry): SessionRef {
    entry.ref ??= refFrom(this.#rows.texts(entry.row!.id).ref, entry.provider.slug);
    return entry.ref;
  }

  /** Whether there is nothing to do and nothing to say to know a session's summary. */
  isSummarized(entry: Entry): boolean {
    return entry.holds.summary && entry.row?.hasWarnings === false;
  }

  /** Makes the summary of a session known; one that cannot be read gets a `problem`. */
  async summarize(entry: Entry): Promise<void> {
    if (entry.holds.summary) {
      const row = entry.row!;
      if (!row.hasWarnings) return;
      for (const warning of warningsFrom(this.#rows.texts(row.id).summaryWarnings)) this.#world.warn(warning);
      return;
    }
    if (entry.summary !== undefined || entry.problem !== undefined) return;
    const ref = this.ref(entry);
    const trace = new Trace();
    const loans = new Loans();
    try {
      const reader = await this.#readerOf(entry.provider);
      const value = await reader.summarize(copyOf(ref, entry.refText), this.#traced(trace, { loans }));
      entry.summary = { value: { ...value, ref }, trace };
    } catch (error) {
      if (this.#world.signal.aborted) throw error;
      entry.problem = messageOf(providerFault(entry.provider, error));
    } finally {
      loans.giveBack();
      for (const warning of trace.warnings) this.#world.warn(warning);
    }
  }

  /** What listings filter and sort by, of a session that has been summarized. */
  facts(entry: Entry): SessionFacts {
    const { summary, row, holds } = entry;
    if (summary !== undefined) {
      const { hidden, workspace } = summary.value;
      return { hidden, workspace, activeAt: activeAt(summary.value) };
    }
    if (!holds.summary || row === undefined) return { activeAt: entry.modifiedAt };
    const { hidden, workspace } = row;
    return {
      hidden: hidden ?? undefined,
      workspace: workspace ?? undefined,
      activeAt: row.activeAt ?? entry.modifiedAt,
    };
  }

  /** The summary of a session that has been summarized. */
  summary(entry: Entry): SessionSummary {
    const ref = this.ref(entry);
    if (entry.summary !== undefined) return entry.summary.value;
    if (!entry.holds.summary) return { ref };
    return summaryFrom(this.#rows.texts(entry.row!.id).summary ?? "", ref);
  }

  /** Whether the counts of a session are known without reading it. */
  isCounted(entry: Entry): boolean {
    return entry.problem !== undefined || entry.holds.counts || entry.counts !== undefined;
  }

  /**
   * A session with the counts of all of its messages; it is read for them unless they are known. `onBytes` is told
   * how many bytes are read each time.
   */
  async counted(entry: Entry, onBytes?: OnBytes): Promise<ListedSession> {
    const { provider, problem } = entry;
    const summary = this.summary(entry);
    if (problem !== undefined) return { provider, summary, problem };
    if (entry.holds.counts) {
      const { counts, countsWarnings } = this.#rows.texts(entry.row!.id);
      for (const warning of warningsFrom(countsWarnings)) this.#world.warn(warning);
      return { provider, summary, stats: countsFrom(counts ?? "") };
    }
    if (entry.counts !== undefined) return { provider, summary, stats: entry.counts.value.stats };
    if (entry.countsProblem !== undefined) return { provider, summary, problem: entry.countsProblem };
    let trace = new Trace();
    try {
      const grown = await this.#grown(entry, trace, onBytes);
      if (grown === undefined) trace = new Trace();
      const value = grown ?? (await this.#count(entry, trace, onBytes));
      entry.counts = { value, trace, isGrown: grown !== undefined };
      return { provider, summary, stats: value.stats };
    } catch (error) {
      if (this.#world.signal.aborted) throw error;
      entry.countsProblem = messageOf(error);
      return { provider, summary, problem: entry.countsProblem };
    } finally {
      for (const warning of trace.warnings) this.#world.warn(warning);
    }
  }

  async #count({ provider, ref }: Entry, trace: Trace, onBytes?: OnBytes): Promise<Counted> {
    const source = await openSource(provider, copyOf(ref!), this.#tracedWhole(trace, onBytes));
    return countOn(new Counts(), source.reading, source.messages("full"), ref!, this.#looks);
  }

  /** The counts of a session whose file has grown, where nothing else that its messages come from has changed. */
  async #grown(
    { provider, ref, row, changed }: Entry,
    trace: Trace,
    onBytes?: OnBytes,
  ): Promise<Counted | undefined> {
    if (row === undefined || row.countsContext !== null) return undefined;
    const { growth, countsWarnings } = this.#rows.texts(row.id);
    const before = countsWarnings === null ? growthFrom(growth) : undefined;
    if (before === undefined) return undefined;
    const { headerFiles = [] } = before.mark;
    if (changed.some((path) => path !== ref!.path && !headerFiles.includes(path))) return undefined;
    const reader = await this.#readerOf(provider);
    return countGrowth(reader, copyOf(ref!), before, this.#tracedWhole(trace, onBytes), this.#looks);
  }

  /** Stores what was found out, if that is possible at once, and closes the database. */
  async close(): Promise<void> {
    const { database, path } = this.#opened;
    try {
      this.#rows.end();
      if (path !== undefined) await this.#save();
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      // Another casr is storing something: next time is early enough.
      if (isBusy(error)) return;
      const message = `the session index could not be updated: ${path}: ${messageOf(error)}`;
      this.#world.warn({ code: "index-not-stored", message });
      if (isDamage(error)) this.#discard();
    } finally {
      database.close();
    }
  }

  /** Gives the damaged database up, and opens another one. */
  async abandon(): Promise<OpenedIndex> {
    this.#opened.database.close();
    return this.#discard() ? openIndexFile(this.#host.folders.cache) : openMemoryIndex();
  }

  /** False, with a warning, where the file cannot be removed. */
  #discard(): boolean {
    try {
      discardIndexFile(this.#host.folders.cache);
      return true;
    } catch (error) {
      const message = `the damaged session index could not be removed: ${messageOf(error)}`;
      this.#world.warn({ code: "index-not-removed", message });
      return false;
    }
  }

  async #save(): Promise<void> {
    const { database } = this.#opened;
    const settled = await Promise.allSettled(this.#stores.values());
    const stores = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const changed = stores.flatMap((store) => {
      const code = codeOf(store.provider, this.#host, this.#looks);
      return store.holds && code !== undefined && store.isChanged ? [{ store, code }] : [];
    });
    if (changed.length === 0) return;
    // Most runs store nothing.
    const { StoreWriter } = await import("./save.ts");
    database.exec("BEGIN IMMEDIATE");
    for (const { store, code } of changed)
      new StoreWriter(database, store, this.#looks, this.#world).write(code);
    database.exec("COMMIT");
  }

  #storeOf(provider: Provider): Promise<ProviderStore> {
    let store = this.#stores.get(provider);
    if (store === undefined) {
      const code = codeOf(provider, this.#host, this.#looks);
      store =
        code === undefined
          ? Promise.resolve(new ProviderStore(provider, undefined))
          : ProviderStore.load(provider, code, this.#rows, this.#world, this.#looks);
      this.#stores.set(provider, store);
    }
    return store;
  }

  #readerOf(provider: Provider): Promise<Reader> {
    let reader = this.#readers.get(provider);
    if (reader === undefined) {
      reader = provider.reader!();
      this.#readers.set(provider, reader);
    }
    return reader;
  }

  /** A world for one call of a reader. */
  #traced(trace: Trace, options?: TracedOptions): World {
    return tracedWorld(this.#host.world(trace.warn, this.#world.signal), trace, this.#looks, options);
  }

  /** The same for reading a session to its end. */
  #tracedWhole(trace: Trace, onBytes?: OnBytes): World {
    const world = this.#host.world(trace.warn, this.#world.signal, onBytes);
    return tracedWorld(world, trace, this.#looks, { isWhole: true });
  }
}

/** Whether an error says that the index itself is damaged, not that a reader or a store is. */
export const isIndexDamage = (error: unknown): boolean => error instanceof UnsoundRowError || isDamage(error);

/** A ref as it comes out of the index: what a reader has kept beside the one it gave is not there either. */
const copyOf = (ref: SessionRef, text = JSON.stringify(ref)): SessionRef => JSON.parse(text) as SessionRef;

/**
 * Runs `action` with the index of this machine, and stores what it found out. A damaged index never fails: the
 * action runs again with an empty one, so it must not have done anything by then. What is wrong with the index
 * becomes one warning.
 */
export async function withIndex<T>(
  host: Host,
  world: World,
  action: (index: SessionIndex) => Promise<T>,
): Promise<T> {
  const isOff = (world.env[OFF] ?? "") !== "";
  const opened = isOff ? await openMemoryIndex() : await openIndexFile(host.folders.cache);
  const warn = (problem: string): void =>
    world.warn({ code: "index-problem", message: `the session index ${problem}` });
  if (opened.problem !== undefined) warn(opened.problem);
  let index = new SessionIndex(host, world, opened);
  try {
    return await action(index);
  } catch (error) {
    if (!isIndexDamage(error) || opened.path === undefined) throw error;
    warn(`is damaged and is made anew: ${messageOf(error)}`);
    index = new SessionIndex(host, world, await index.abandon());
    return await action(index);
  } finally {
    await index.close();
  }
}
