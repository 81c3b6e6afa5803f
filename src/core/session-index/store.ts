import { setImmediate } from "node:timers/promises";
import type { Reader, SessionRef } from "../../provider/reader.ts";
import type { Diagnostic, World } from "../../provider/world.ts";
import { isJsonObject } from "../../session/json.ts";
import type { Provider } from "../api.ts";
import { refFrom, warningsFrom, type Entry, type Fresh } from "./entry.ts";
import { Places, placeKey, type Place } from "./places.ts";
import { UnsoundRowError, type IndexReader, type StoreRow } from "./rows.ts";
import type { Looks } from "./stamps.ts";
import { hasSameEnv, isHere, type Context } from "./trace.ts";

/** How long a loop over sessions may go on before signals and timers get their turn, in ms. */
const TURN_MS = 25;

/** Lets signals and timers have their turn now and then in a loop that would keep them waiting. */
export class Turns {
  #last = performance.now();

  async take(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#last < TURN_MS) return;
    await setImmediate();
    this.#last = performance.now();
    signal.throwIfAborted();
  }
}

const UNCHANGED: readonly string[] = [];
/** One object for each of the four cases: there are thousands of sessions. */
const HOLDS = [false, true].map((summary) =>
  [false, true].map((counts): Entry["holds"] => ({ summary, counts })),
);
const holding = (summary: boolean, counts: boolean): Entry["holds"] =>
  HOLDS[Number(summary)]![Number(counts)]!;

function contextFrom(json: string): Context {
  let context: unknown;
  try {
    context = JSON.parse(json);
  } catch {
    throw new UnsoundRowError("a context is no JSON");
  }
  if (!isJsonObject(context)) throw new UnsoundRowError("a context is no object");
  return context as Context;
}

/** What the index knows of one provider's sessions in this world, and what this run has found out since. */
export class ProviderStore {
  readonly provider: Provider;
  readonly row: StoreRow | undefined;
  /** Places that are not what they were. */
  readonly changed: Place[] = [];
  /** What discover depends on and warned of, when it ran. */
  discovery: Fresh<void> | undefined;
  entries: Entry[] = [];
  /** Rows of sessions that are gone. */
  gone: number[] = [];
  #packed: Places | undefined;
  #places: Map<string, Place> | undefined;
  #discoveryHolds = false;
  #context: Context = {};

  constructor(provider: Provider, row: StoreRow | undefined) {
    this.provider = provider;
    this.row = row;
  }

  /** What was looked at, by `placeKey`. Made of what is stored when somebody asks: in most runs nobody does. */
  get places(): Map<string, Place> {
    if (this.#places === undefined) {
      this.#places = new Map();
      for (let position = 0; position < (this.#packed?.count ?? 0); position += 1) {
        const place = this.#packed!.place(position);
        this.#places.set(placeKey(place.path, place.asked), place);
      }
    }
    return this.#places;
  }

  /** The context of the stored discovery. */
  get context(): Context {
    return this.#context;
  }

  /** Whether the sessions need not be discovered again. */
  get holds(): boolean {
    return this.#discoveryHolds || this.discovery !== undefined;
  }

  /** Whether anything of it is worth storing. */
  get isChanged(): boolean {
    return (
      this.discovery !== undefined ||
      this.changed.length > 0 ||
      this.entries.some(({ summary, counts }) => summary !== undefined || counts !== undefined)
    );
  }

  /** Reads the rows and finds out what of them still holds. */
  static async load(
    provider: Provider,
    code: string,
    rows: IndexReader,
    world: World,
    looks: Looks,
  ): Promise<ProviderStore> {
    const row = rows
      .stores(provider.slug, code, world.home)
      .find(({ env }) => hasSameEnv(contextFrom(env), world));
    const store = new ProviderStore(provider, row);
    if (row !== undefined) await store.#check(row, rows, world, looks);
    return store;
  }

  async #check(row: StoreRow, rows: IndexReader, world: World, looks: Looks): Promise<void> {
    const packed = rows.places(row.id);
    if (packed === undefined) throw new UnsoundRowError("the places of a store are missing");
    const places = new Places(packed);
    this.#packed = places;
    for (const position of await places.changed(looks, world.signal)) {
      const { path, asked } = places.place(position);
      this.changed.push(this.places.get(placeKey(path, asked))!);
    }
    this.#context = { ...contextFrom(row.context), ...contextFrom(row.env) };
    this.#discoveryHolds = !this.changed.some((place) => place.discovery) && isHere(this.#context, world);
    this.#readSessions(row, rows, world);
  }

  #readSessions(row: StoreRow, rows: IndexReader, world: World): void {
    const stale = { summary: new Set<number>(), counts: new Map<number, string[]>() };
    for (const place of this.changed) {
      for (const { session, purpose } of rows.usersOf(row.id, place.id)) {
        if (purpose === "summary") stale.summary.add(session);
        else stale.counts.set(session, [...(stale.counts.get(session) ?? []), place.path]);
      }
    }
    const here = new Map<string, boolean>();
    const fits = (context: string | null): boolean => {
      if (context !== null && !here.has(context)) here.set(context, isHere(contextFrom(context), world));
      return context === null || here.get(context) === true;
    };
    for (const session of rows.sessions(row.id)) {
      const { id, summaryContext, countsContext } = session;
      this.entries.push({
        provider: this.provider,
        id: session.sessionId,
        modifiedAt: session.modifiedAt,
        row: session,
        isMoved: false,
        changed: stale.counts.get(id) ?? UNCHANGED,
        holds: holding(
          session.hasSummary && !stale.summary.has(id) && fits(summaryContext),
          session.hasCounts && !stale.counts.has(id) && fits(countsContext),
        ),
      });
    }
  }

  /** What the last discovery warned of. */
  get warnings(): Diagnostic[] {
    return this.discovery?.trace.warnings ?? warningsFrom(this.row?.warnings ?? null);
  }

  /** Takes the sessions that discover gives; what is known of the ones whose ref is the same stays. */
  async discover(reader: Reader, discovery: Fresh<void>, world: World, rows: IndexReader): Promise<void> {
    const known = new Map<string, Entry>();
    const refs = this.row === undefined ? new Map<number, string>() : rows.refs(this.row.id);
    for (const entry of this.entries) known.set(refs.get(entry.row!.id)!, entry);
    const unmatched: Entry[] = [];
    const found: Entry[] = [];
    const turns = new Turns();
    for await (const ref of reader.discover(world)) {
      const refText = JSON.stringify(ref);
      const entry = known.get(refText);
      if (entry !== undefined) {
        known.delete(refText);
        found.push(entry);
      } else {
        const fresh = this.#newEntry(ref, refText);
        unmatched.push(fresh);
        found.push(fresh);
      }
      await turns.take(world.signal);
    }
    this.#adoptRows(unmatched, known);
    this.gone = [...known.values()].map((entry) => entry.row!.id);
    this.entries = found;
    this.discovery = discovery;
  }

  #newEntry(ref: SessionRef, refText: string): Entry {
    const { provider } = this;
    return {
      provider,
      id: ref.id,
      modifiedAt: ref.modifiedAt,
      isMoved: true,
      changed: UNCHANGED,
      holds: holding(false, false),
      ref,
      refText,
    };
  }

  /** Gives sessions that have changed the rows they had, so that what can be read on from is not lost. */
  #adoptRows(fresh: Entry[], left: Map<string, Entry>): void {
    const keyOf = ({ id, path }: SessionRef): string => `${id}\0${path}`;
    const byKey = new Map<string, string>();
    for (const text of left.keys()) byKey.set(keyOf(refFrom(text, this.provider.slug)), text);
    for (const entry of fresh) {
      const text = byKey.get(keyOf(entry.ref!));
      const before = text === undefined ? undefined : left.get(text);
      if (before?.row === undefined) continue;
      entry.row = before.row;
      entry.changed = before.changed;
      left.delete(text!);
    }
  }
}
