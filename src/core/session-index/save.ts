import type { DatabaseSync } from "node:sqlite";
import type { World } from "../../provider/world.ts";
import { activeAt, type Entry } from "./entry.ts";
import { PURPOSE, type Place, type Purpose } from "./rows.ts";
import type { Looks } from "./stamps.ts";
import { isSame } from "./stamps.ts";
import { ProviderStore } from "./store.ts";
import { contextOf, type Context, type Trace } from "./trace.ts";

/** How many variants (by variables that move a store) are kept of one provider. */
const MOST_VARIANTS = 8;

const json = (value: unknown): string => JSON.stringify(value);
const listOrNull = (list: unknown[]): string | null => (list.length === 0 ? null : json(list));

/** Whether anything of a store is worth storing. */
export function isChanged(store: ProviderStore): boolean {
  return (
    store.discovery !== undefined ||
    store.changed.length > 0 ||
    store.entries.some(({ summary, counts }) => summary !== undefined || counts !== undefined)
  );
}

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
  readonly #addPlace;
  readonly #addUse;
  readonly #dropUses;

  constructor(database: DatabaseSync, store: ProviderStore, looks: Looks, world: World) {
    this.#database = database;
    this.#store = store;
    this.#looks = looks;
    this.#world = world;
    this.#addPlace = database.prepare(`INSERT INTO places
      (store, path, asked, kind, size, mtime, ctime, inode, settled, real, guard, discovery)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (store, path, asked) DO UPDATE SET kind = excluded.kind, size = excluded.size,
        mtime = excluded.mtime, ctime = excluded.ctime, inode = excluded.inode, settled = excluded.settled,
        real = excluded.real, guard = excluded.guard, discovery = excluded.discovery
      RETURNING id`);
    this.#addUse = database.prepare("INSERT OR IGNORE INTO uses (session, purpose, place) VALUES (?, ?, ?)");
    this.#dropUses = database.prepare("DELETE FROM uses WHERE session = ? AND purpose = ?");
  }

  /** False when another process has stored something meanwhile: then nothing is written. */
  write(code: string): boolean {
    if (!this.#claim(code)) return false;
    const { discovery, changed, entries, gone } = this.#store;
    if (discovery !== undefined) this.#writeDiscovery(discovery.trace);
    const drop = this.#database.prepare("DELETE FROM sessions WHERE id = ?");
    for (const id of gone) drop.run(id);
    for (const entry of entries) this.#writeEntry(entry);
    const dropPlace = this.#database.prepare("DELETE FROM places WHERE id = ?");
    for (const place of changed) if (!this.#renewed.has(place)) dropPlace.run(place.id!);
    this.#dropUnused();
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
      const added = this.#database
        .prepare(`INSERT INTO stores (provider, code, home, env, context, warnings, generation, changed_at)
          VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`)
        .run(provider.slug, code, this.#world.home, ...values, warnings, now);
      this.#id = Number(added.lastInsertRowid);
      if (added.changes === 0) return false;
      this.#dropOthers(code);
      return true;
    }
    this.#id = row.id;
    const updated = this.#database
      .prepare(`UPDATE OR IGNORE stores SET generation = generation + 1, env = ?, context = ?, warnings = ?, changed_at = ?
        WHERE id = ? AND generation = ?`)
      .run(...values, warnings, now, row.id, row.generation);
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
    const release = this.#database.prepare("UPDATE places SET discovery = 0 WHERE id = ?");
    for (const place of this.#store.places.values()) {
      if (!place.discovery || wanted.has(place)) continue;
      place.discovery = false;
      release.run(place.id!);
    }
  }

  #put(place: Place): Place {
    const { path, asked, stamp, real, guard, discovery } = place;
    const { kind, size, mtimeMs, ctimeMs, inode, settled } = stamp;
    const row = this.#addPlace.get(
      this.#id,
      path,
      asked === "stamp" ? 0 : 1,
      kind,
      size,
      mtimeMs,
      ctimeMs,
      inode,
      settled ? 1 : 0,
      real,
      guard,
      discovery ? 1 : 0,
    ) as { id: number };
    place.id = row.id;
    this.#renewed.add(place);
    this.#store.places.set(ProviderStore.keyOf(path, asked), place);
    return place;
  }

  /** The place of a path, written unless it is stored as it is. */
  #place(path: string, discovery: boolean): Place {
    const stamp = this.#looks.at(path);
    const before = this.#store.places.get(path);
    const isKnown = before !== undefined && (this.#renewed.has(before) || isSame(before.stamp, stamp));
    if (isKnown && (before.discovery || !discovery)) {
      if (before.guard !== null) this.#place(before.guard, false);
      return before;
    }
    const guard = stamp.kind === "missing" ? (this.#looks.guardOf(path) ?? null) : null;
    if (guard !== null) this.#place(guard, false);
    const isDiscovery = discovery || before?.discovery === true;
    if (before !== undefined) {
      Object.assign(before, { stamp, guard, discovery: isDiscovery });
      return this.#put(before);
    }
    return this.#put({
      id: undefined,
      path,
      asked: "stamp",
      stamp,
      real: null,
      guard,
      discovery: isDiscovery,
    });
  }

  #realPlace(path: string, answer: string | undefined, discovery: boolean): Place {
    const real = answer ?? null;
    const before = this.#store.places.get(ProviderStore.keyOf(path, "realpath"));
    if (before !== undefined && before.real === real && (before.discovery || !discovery)) {
      this.#renewed.add(before);
      return before;
    }
    const stamp = { kind: "unknown", size: 0, mtimeMs: 0, ctimeMs: 0, inode: 0, settled: false } as const;
    const isDiscovery = discovery || before?.discovery === true;
    if (before !== undefined) return this.#put(Object.assign(before, { real, discovery: isDiscovery }));
    return this.#put({
      id: undefined,
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
    const id = this.#sessionRow(entry);
    if (lost.summary) this.#forget(id, "summary");
    if (lost.counts) this.#dropCounts(id, entry);
    if (summary !== undefined) this.#writeSummary(id, entry);
    if (counts !== undefined) this.#writeCounts(id, entry);
  }

  #sessionRow(entry: Entry): number {
    const { row, id, modifiedAt, refText } = entry;
    if (row === undefined) {
      const added = this.#database
        .prepare("INSERT INTO sessions (store, session_id, modified_at, ref) VALUES (?, ?, ?, ?)")
        .run(this.#id, id, modifiedAt, refText!);
      return Number(added.lastInsertRowid);
    }
    if (entry.isMoved) {
      this.#database
        .prepare("UPDATE sessions SET session_id = ?, modified_at = ?, ref = ? WHERE id = ?")
        .run(id, modifiedAt, refText!, row.id);
    }
    return row.id;
  }

  /** Counts that are not true any more; what they can be made from again stays while the session's file just grew. */
  #dropCounts(session: number, { changed, ref }: Entry): void {
    const mayHaveGrown = ref !== undefined && changed.every((path) => path === ref.path);
    if (!mayHaveGrown) this.#forget(session, "counts");
    else this.#database.prepare("UPDATE sessions SET counts = NULL WHERE id = ?").run(session);
  }

  #forget(session: number, purpose: Purpose): void {
    const columns =
      purpose === "summary"
        ? "summary = NULL, summary_warnings = NULL, active_at = NULL, hidden = NULL, workspace = NULL"
        : "counts = NULL, counts_warnings = NULL, counts_context = NULL, growth = NULL";
    this.#database.prepare(`UPDATE sessions SET ${columns} WHERE id = ?`).run(session);
    this.#dropUses.run(session, PURPOSE[purpose]);
  }

  #writeUses(session: number, purpose: Purpose, trace: Trace, keep = false): void {
    if (!keep) this.#dropUses.run(session, PURPOSE[purpose]);
    const places = [
      ...[...trace.paths].map((path) => this.#place(path, false)),
      ...[...trace.reals].map(([path, real]) => this.#realPlace(path, real, false)),
    ];
    for (const place of places) this.#addUse.run(session, PURPOSE[purpose], place.id!);
  }

  #writeSummary(session: number, entry: Entry): void {
    const { value, trace } = entry.summary!;
    if (trace.fickle !== undefined) {
      if (entry.row?.hasSummary === true) this.#forget(session, "summary");
      return;
    }
    const { ref: _, ...summary } = value;
    this.#database
      .prepare(`UPDATE sessions SET summary = ?, summary_warnings = ?, active_at = ?, hidden = ?, workspace = ?,
        summary_context = ? WHERE id = ?`)
      .run(
        json(summary),
        listOrNull(trace.warnings),
        activeAt(value),
        value.hidden ?? null,
        value.workspace ?? null,
        this.#contextText(trace),
        session,
      );
    this.#writeUses(session, "summary", trace);
  }

  #contextText(trace: Trace): string | null {
    const context = contextOf(trace, this.#world, this.#context.env);
    return context === undefined ? null : json(context);
  }

  #writeCounts(session: number, entry: Entry): void {
    const { value, trace, isGrown } = entry.counts!;
    if (trace.fickle !== undefined) {
      if (entry.row !== undefined) this.#forget(session, "counts");
      return;
    }
    this.#database
      .prepare(
        "UPDATE sessions SET counts = ?, counts_warnings = ?, counts_context = ?, growth = ? WHERE id = ?",
      )
      .run(
        json(value.stats),
        listOrNull(trace.warnings),
        this.#contextText(trace),
        value.growth === undefined ? null : json(value.growth),
        session,
      );
    // What was read before the session grew still counts.
    this.#writeUses(session, "counts", trace, isGrown);
  }

  #dropUnused(): void {
    this.#database
      .prepare(`DELETE FROM places WHERE store = ?1 AND discovery = 0
        AND NOT EXISTS (SELECT 1 FROM uses WHERE place = places.id)
        AND path NOT IN (SELECT guard FROM places WHERE store = ?1 AND guard IS NOT NULL)`)
      .run(this.#id);
  }
}
