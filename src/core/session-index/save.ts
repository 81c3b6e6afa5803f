import type { DatabaseSync, SQLInputValue, StatementResultingChanges, StatementSync } from "node:sqlite";
import type { World } from "../../provider/world.ts";
import { activeAt, type Entry } from "./entry.ts";
import { packPlaces, placeKey, type Place } from "./places.ts";
import { PURPOSE, packSession, type Purpose, type SessionRow } from "./rows.ts";
import type { Looks } from "./stamps.ts";
import type { ProviderStore } from "./store.ts";
import { contextOf, type Context, type Trace } from "./trace.ts";

/** How many variants (by variables that move a store) are kept of one provider. */
const MOST_VARIANTS = 8;

const json = (value: unknown): string => JSON.stringify(value);
const listOrNull = (list: unknown[]): string | null => (list.length === 0 ? null : json(list));

const NO_SUMMARY = {
  activeAt: null,
  hidden: null,
  workspace: null,
  summaryContext: null,
  hasSummary: false,
  hasWarnings: false,
};
const NO_COUNTS = { countsContext: null, hasCounts: false };

/** Writes what a run has found out of one provider's store. Runs inside a transaction. */
export class StoreWriter {
  readonly #database: DatabaseSync;
  readonly #store: ProviderStore;
  readonly #looks: Looks;
  readonly #world: World;
  #id = 0;
  #context: Context = {};
  /** Places written in this transaction. */
  readonly #renewed = new Set<Place>();
  readonly #changed: ReadonlySet<Place>;
  #nextPlace = 0;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, store: ProviderStore, looks: Looks, world: World) {
    this.#database = database;
    this.#store = store;
    this.#looks = looks;
    this.#world = world;
    this.#changed = new Set(store.changed);
  }

  /** Runs a statement; each is prepared once. */
  #run(sql: string, ...values: SQLInputValue[]): StatementResultingChanges {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement.run(...values);
  }

  /** False when another process has stored something meanwhile: then nothing is written. */
  write(code: string): boolean {
    if (!this.#claim(code)) return false;
    const { discovery, changed, entries, gone, places } = this.#store;
    for (const { id } of places.values()) this.#nextPlace = Math.max(this.#nextPlace, id + 1);
    if (discovery !== undefined) this.#writeDiscovery(discovery.trace);
    for (const id of gone) this.#run("DELETE FROM sessions WHERE id = ?", id);
    for (const entry of entries) this.#writeEntry(entry);
    for (const place of changed) {
      if (this.#renewed.has(place)) continue;
      places.delete(placeKey(place.path, place.asked));
      this.#run("DELETE FROM uses WHERE store = ? AND place = ?", this.#id, place.id);
    }
    this.#renewGuards();
    this.#dropUnused();
    const { texts, numbers } = packPlaces([...places.values()]);
    this.#run(
      `INSERT INTO places (store, paths, stamps) VALUES (?, ?, ?)
        ON CONFLICT (store) DO UPDATE SET paths = excluded.paths, stamps = excluded.stamps`,
      this.#id,
      texts,
      numbers,
    );
    return true;
  }

  /** Makes sure that what is written goes with what was read. */
  #claim(code: string): boolean {
    const { provider, row, discovery } = this.#store;
    const trace = discovery?.trace;
    const now = Date.now();
    if (trace !== undefined) {
      const { env: before } = this.#store.context;
      const context = contextOf(trace, this.#world) ?? {};
      // What sessions depend on is stored without what their store depends on: that can only become more.
      this.#context = { ...context, env: { ...before, ...context.env } };
      if (trace.fickle !== undefined) this.#context.fickle = trace.fickle;
    } else this.#context = this.#store.context;
    const { env = {}, ...rest } = this.#context;
    const values = [json({ env }), json(rest)] as const;
    const warnings = listOrNull(this.#store.warnings);
    if (row === undefined) {
      const added = this.#run(
        `INSERT INTO stores (provider, code, home, env, context, warnings, generation, changed_at)
          VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`,
        provider.slug,
        code,
        this.#world.home,
        ...values,
        warnings,
        now,
      );
      this.#id = Number(added.lastInsertRowid);
      if (added.changes === 0) return false;
      this.#dropOthers(code);
      return true;
    }
    this.#id = row.id;
    const updated = this.#run(
      `UPDATE OR IGNORE stores SET generation = generation + 1, env = ?, context = ?, warnings = ?, changed_at = ?
        WHERE id = ? AND generation = ?`,
      ...values,
      warnings,
      now,
      row.id,
      row.generation,
    );
    return updated.changes > 0;
  }

  /** Drops what older code found, and the variants that were not changed for longest. */
  #dropOthers(code: string): void {
    const { slug } = this.#store.provider;
    const others = this.#database
      .prepare(
        "SELECT id, code FROM stores WHERE provider = ? AND home = ? AND id <> ? ORDER BY changed_at DESC",
      )
      .all(slug, this.#world.home, this.#id) as { id: number; code: string }[];
    const isCurrent = (other: { code: string }): boolean => other.code === code;
    const previous = others.find((other) => !isCurrent(other))?.code;
    const kept = new Set(others.filter(isCurrent).slice(0, MOST_VARIANTS - 1));
    // Two installed versions of casr may take turns.
    for (const other of others.filter((one) => one.code === previous).slice(0, 1)) kept.add(other);
    const drop = this.#database.prepare("DELETE FROM stores WHERE id = ?");
    for (const other of others) if (!kept.has(other)) drop.run(other.id);
  }

  #writeDiscovery(trace: Trace): void {
    const wanted = new Set<Place>();
    for (const path of trace.paths) wanted.add(this.#place(path, true));
    for (const [path, real] of trace.reals) wanted.add(this.#realPlace(path, real, true));
    for (const place of this.#store.places.values()) if (!wanted.has(place)) place.discovery = false;
  }

  #put(place: Place): Place {
    this.#renewed.add(place);
    this.#store.places.set(placeKey(place.path, place.asked), place);
    return place;
  }

  /**
   * The place of a path, written unless it is stored as it is. What was found as it was keeps its stamp, even if it
   * looks otherwise by now: the next run sees that.
   */
  #place(path: string, discovery: boolean): Place {
    const before = this.#store.places.get(path);
    const isKnown = before !== undefined && (this.#renewed.has(before) || !this.#changed.has(before));
    if (isKnown && (before.discovery || !discovery)) {
      if (before.guard !== null) this.#place(before.guard, false);
      return before;
    }
    if (isKnown) {
      before.discovery = true;
      if (before.guard !== null) this.#place(before.guard, false);
      return this.#put(before);
    }
    const stamp = this.#looks.at(path);
    const guard = stamp.kind === "missing" ? (this.#looks.guardOf(path) ?? null) : null;
    if (guard !== null) this.#place(guard, false);
    const isDiscovery = discovery || before?.discovery === true;
    if (before !== undefined) {
      Object.assign(before, { stamp, guard, discovery: isDiscovery });
      return this.#put(before);
    }
    return this.#put({
      id: this.#nextPlace++,
      path,
      asked: "stamp",
      stamp,
      real: null,
      guard,
      discovery: isDiscovery,
    });
  }

  /**
   * Where a guard has changed and the place it guards has not come to be, another folder may be the nearest now: one
   * that came to be in between.
   */
  #renewGuards(): void {
    const moved = new Set([...this.#changed].map(({ path }) => path));
    // Guards become places themselves; those are no guarded ones.
    const places = Array.from(this.#store.places.values());
    for (const place of places) {
      if (place.guard === null || !moved.has(place.guard)) continue;
      place.guard = this.#looks.guardOf(place.path) ?? null;
      if (place.guard !== null) this.#place(place.guard, false);
    }
  }

  #realPlace(path: string, answer: string | undefined, discovery: boolean): Place {
    const real = answer ?? null;
    const before = this.#store.places.get(placeKey(path, "realpath"));
    if (before !== undefined && before.real === real && (before.discovery || !discovery)) {
      this.#renewed.add(before);
      return before;
    }
    const stamp = { kind: "unknown", size: 0, mtimeMs: 0, ctimeMs: 0, inode: 0, settled: false } as const;
    const isDiscovery = discovery || before?.discovery === true;
    if (before !== undefined) return this.#put(Object.assign(before, { real, discovery: isDiscovery }));
    return this.#put({
      id: this.#nextPlace++,
      path,
      asked: "realpath",
      stamp,
      real,
      guard: null,
      discovery: isDiscovery,
    });
  }

  #writeEntry(entry: Entry): void {
    const { row, summary, counts, isMoved, holds } = entry;
    const lost = {
      summary: row?.hasSummary === true && !holds.summary && summary === undefined,
      counts: (row?.hasCounts === true || entry.changed.length > 0) && !holds.counts && counts === undefined,
    };
    if (!isMoved && summary === undefined && counts === undefined && !lost.summary && !lost.counts) return;
    const before = this.#rowOf(entry);
    const after = { ...before };
    if (lost.summary) this.#forget(after, "summary");
    if (lost.counts) this.#dropCounts(after, entry);
    if (summary !== undefined) this.#writeSummary(after, entry);
    if (counts !== undefined) this.#writeCounts(after, entry);
    const packed = packSession(after);
    this.#run(
      "UPDATE sessions SET session_id = ?, facts = ?, holds = ? WHERE id = ?",
      after.sessionId,
      packed.facts,
      packed.holds,
      after.id,
    );
  }

  /** The row of a session as it is now found, without anything being known of one that has none. */
  #rowOf({ row, id, modifiedAt, isMoved, refText }: Entry): SessionRow {
    if (row === undefined) {
      const fresh = { ...NO_SUMMARY, ...NO_COUNTS, sessionId: id, modifiedAt };
      const { facts, holds } = packSession(fresh);
      const added = this.#run(
        "INSERT INTO sessions (store, session_id, facts, holds) VALUES (?, ?, ?, ?)",
        this.#id,
        id,
        facts,
        holds,
      );
      this.#run("INSERT INTO texts (session, ref) VALUES (?, ?)", added.lastInsertRowid, refText!);
      return { ...fresh, id: Number(added.lastInsertRowid) };
    }
    if (!isMoved) return row;
    this.#run("UPDATE texts SET ref = ? WHERE session = ?", refText!, row.id);
    return { ...row, sessionId: id, modifiedAt };
  }

  /** Counts that are not true any more; what they can be made from again stays while the session's file just grew. */
  #dropCounts(row: SessionRow, { changed, ref }: Entry): void {
    const mayHaveGrown = ref !== undefined && changed.every((path) => path === ref.path);
    if (!mayHaveGrown) return this.#forget(row, "counts");
    row.hasCounts = false;
    this.#run("UPDATE texts SET counts = NULL WHERE session = ?", row.id);
  }

  #forget(row: SessionRow, purpose: Purpose): void {
    Object.assign(row, purpose === "summary" ? NO_SUMMARY : NO_COUNTS);
    const columns =
      purpose === "summary"
        ? "summary = NULL, summary_warnings = NULL"
        : "counts = NULL, counts_warnings = NULL, growth = NULL";
    this.#run(`UPDATE texts SET ${columns} WHERE session = ?`, row.id);
    this.#run("DELETE FROM uses WHERE session = ? AND purpose = ?", row.id, PURPOSE[purpose]);
  }

  #writeUses(session: number, purpose: Purpose, trace: Trace, keep = false): void {
    if (!keep) this.#run("DELETE FROM uses WHERE session = ? AND purpose = ?", session, PURPOSE[purpose]);
    const places = [
      ...[...trace.paths].map((path) => this.#place(path, false)),
      ...[...trace.reals].map(([path, real]) => this.#realPlace(path, real, false)),
    ];
    const sql = "INSERT OR IGNORE INTO uses (session, purpose, store, place) VALUES (?, ?, ?, ?)";
    for (const place of places) this.#run(sql, session, PURPOSE[purpose], this.#id, place.id);
  }

  #writeSummary(row: SessionRow, entry: Entry): void {
    const { value, trace } = entry.summary!;
    if (trace.fickle !== undefined) {
      if (row.hasSummary) this.#forget(row, "summary");
      return;
    }
    const { ref: _, ...summary } = value;
    this.#run(
      "UPDATE texts SET summary = ?, summary_warnings = ? WHERE session = ?",
      json(summary),
      listOrNull(trace.warnings),
      row.id,
    );
    row.activeAt = activeAt(value);
    row.hidden = value.hidden ?? null;
    row.workspace = value.workspace ?? null;
    row.summaryContext = this.#contextText(trace);
    row.hasSummary = true;
    row.hasWarnings = trace.warnings.length > 0;
    this.#writeUses(row.id, "summary", trace);
  }

  #contextText(trace: Trace): string | null {
    const context = contextOf(trace, this.#world, this.#context.env);
    return context === undefined ? null : json(context);
  }

  #writeCounts(row: SessionRow, entry: Entry): void {
    const { value, trace, isGrown } = entry.counts!;
    if (trace.fickle !== undefined) {
      if (entry.row !== undefined) this.#forget(row, "counts");
      return;
    }
    const growth = value.growth === undefined ? null : json(value.growth);
    this.#run(
      "UPDATE texts SET counts = ?, counts_warnings = ?, growth = ? WHERE session = ?",
      json(value.stats),
      listOrNull(trace.warnings),
      growth,
      row.id,
    );
    row.hasCounts = true;
    row.countsContext = this.#contextText(trace);
    // What was read before the session grew still counts.
    this.#writeUses(row.id, "counts", trace, isGrown);
  }

  #dropUnused(): void {
    const { places } = this.#store;
    const rows = this.#database.prepare("SELECT DISTINCT place FROM uses WHERE store = ?").all(this.#id);
    const used = new Set(rows.map(({ place }) => place));
    const all = [...places.values()];
    const guards = new Set(all.map(({ guard }) => guard));
    for (const { id, path, asked, discovery } of all)
      if (!discovery && !used.has(id) && !guards.has(path)) places.delete(placeKey(path, asked));
  }
}
