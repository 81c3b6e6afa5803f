import { lstatSync, realpathSync, statSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/** What stood at a path: nothing, a file, a folder, something else, or something nobody may look at. */
export type StampKind = "missing" | "file" | "directory" | "other" | "unknown";

/**
 * What a path looked like, from one stat. Equal stamps mean equal content, if the first of them was settled:
 * whatever writes to a file gives it another size, or another mtime, or (where the mtime is put back) another
 * ctime; what takes its place has another inode. Times are epoch ms, sizes bytes.
 */
export interface Stamp {
  kind: StampKind;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  inode: number;
  /** False while another change could leave the same stamp: the last one is too young, or lies in the future. */
  settled: boolean;
}

/**
 * How much older than the look at it a change must be. Two seconds is the coarsest clock of a file system
 * (FAT), the rest is for clocks of kernels that lag behind ours.
 */
const SETTLED_MS = 2100;
const NO_THROW = { throwIfNoEntry: false } as const;
const NOWHERE = { size: 0, mtimeMs: 0, ctimeMs: 0, inode: 0 };
const MISSING: Stamp = { kind: "missing", ...NOWHERE, settled: true };
const UNKNOWN: Stamp = { kind: "unknown", ...NOWHERE, settled: false };

const kindOf = (stats: Stats): StampKind =>
  stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";

function stampOf(stats: Stats | undefined, now: number): Stamp {
  if (stats === undefined) return MISSING;
  const { size, mtimeMs, ctimeMs, ino } = stats;
  const kind = kindOf(stats);
  const settled = Math.max(mtimeMs, ctimeMs) < now - SETTLED_MS;
  return { kind, size, mtimeMs, ctimeMs, inode: ino, settled };
}

function stampOfError(error: unknown): Stamp {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR" ? MISSING : UNKNOWN;
}

/** Whether nothing has happened to a path since `before`, which may come out of a database, was taken. */
export function isSame(before: Stamp, now: Stamp): boolean {
  return (
    before.settled &&
    before.kind === now.kind &&
    now.kind !== "unknown" &&
    before.size === now.size &&
    before.mtimeMs === now.mtimeMs &&
    before.ctimeMs === now.ctimeMs &&
    before.inode === now.inode
  );
}

/**
 * The looks of one run. Each path is looked at once, before anything is read from it: what changes later in
 * the run then has another stamp in the next one.
 */
export class Looks {
  readonly #known = new Map<string, Stamp>();
  readonly #now: () => number;

  /** `now` tells the time, epoch ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The stamp of what is at `path`, symbolic links followed. */
  at(path: string): Stamp {
    let stamp = this.#known.get(path);
    if (stamp === undefined) {
      try {
        stamp = stampOf(statSync(path, NO_THROW), this.#now());
      } catch (error) {
        stamp = stampOfError(error);
      }
      this.#known.set(path, stamp);
    }
    return stamp;
  }

  /**
   * Whether a path still looks as it did: as `isSame`, for thousands of paths, so nothing is made of what is seen,
   * and nothing kept of it but that it was the same. (Who asks `at` about such a path later sees it as it is then;
   * what depends on it is stored with the stamp it had, and found changed by the next run.)
   */
  isSame(
    path: string,
    kind: StampKind | undefined,
    size: number,
    mtimeMs: number,
    ctimeMs: number,
    inode: number,
  ): boolean {
    const known = this.#known.get(path);
    if (known !== undefined)
      return isSame({ kind: kind ?? "unknown", size, mtimeMs, ctimeMs, inode, settled: true }, known);
    let stats: Stats | undefined;
    try {
      stats = statSync(path, NO_THROW);
    } catch (error) {
      const stamp = stampOfError(error);
      this.#known.set(path, stamp);
      return stamp.kind === "missing" && kind === "missing";
    }
    if (stats === undefined && kind === "missing") return true;
    const isStill =
      stats !== undefined &&
      stats.mtimeMs === mtimeMs &&
      stats.size === size &&
      stats.ctimeMs === ctimeMs &&
      stats.ino === inode &&
      kindOf(stats) === kind;
    if (!isStill) this.#known.set(path, stampOf(stats, this.#now()));
    return isStill;
  }

  /** Looks at many paths at once, so that `at` knows them. */
  async ahead(paths: readonly string[]): Promise<void> {
    await Promise.all(paths.map((path) => this.#slowly(path)));
  }

  async #slowly(path: string): Promise<void> {
    if (this.#known.has(path)) return;
    const stamp = await stat(path).then(
      (stats) => stampOf(stats, this.#now()),
      (error: unknown) => stampOfError(error),
    );
    this.#known.set(path, stamp);
  }

  /** Where `path` really is; undefined when it is not there or nobody may know. */
  real(path: string): string | undefined {
    try {
      return realpathSync.native(path);
    } catch {
      return undefined;
    }
  }

  /**
   * The folder (or file) that would change if something came to be at `path`, where nothing is: the nearest
   * thing above it that exists. As long as that has the same stamp, `path` need not be looked at. Undefined
   * where a link that points nowhere is in between: what it points at may come to be anywhere.
   */
  guardOf(path: string): string | undefined {
    let child = path;
    for (;;) {
      const parent = dirname(child);
      if (parent === child) return undefined;
      if (this.at(parent).kind !== "missing") return isLink(child) ? undefined : parent;
      child = parent;
    }
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Below a file nothing can be.
    return (error as NodeJS.ErrnoException).code !== "ENOTDIR";
  }
}
