/**
 * Called before and after every act of a transaction and of its undo, with the name of the point.
 * What it throws is treated like a failure of the act itself; tests use it to fail or die there.
 */
export type FaultHook = (point: string) => void | Promise<void>;

export interface ApplyOptions {
  /** casr's own state folder (absolute); `journal/` and `locks/` are made inside, mode 0700. */
  stateFolder: string;
  /** Replace existing files, keeping each as a backup beside it. */
  force: boolean;
  /** Epoch ms. */
  now(): number;
  /** Aborting it undoes everything; the undo itself is not cut. */
  signal: AbortSignal;
  /** Reads back what was written; whatever it throws undoes the transaction and is thrown on. */
  verify: () => Promise<void>;
  faults?: FaultHook;
  /** Bytes of new files staged so far. */
  onProgress?: (bytesDone: number) => void;
  /** casr's version, kept in the journal. */
  version: string;
}

export interface Backup {
  path: string;
  backup: string;
}

export interface ApplyResult {
  /** Files created, appended to, edited, or databases changed, named as in the plan, in plan order. */
  writtenPaths: string[];
  backups: Backup[];
}

/** A transaction of a process that is gone, found by `recover`. */
export interface RecoveredTransaction {
  id: string;
  sessionId: string;
  /** The journal file; gone when `undone`. */
  journal: string;
  /** Epoch ms. */
  startedAt: number;
  /** False when something could not be undone; the journal is kept and the next run tries again. */
  undone: boolean;
  /** Things others changed after casr, which were left as they are. */
  left: string[];
  /** Why the undo is not complete. */
  problems: string[];
}

export interface RecoverOptions {
  log(message: string): void;
  warn(message: string): void;
  faults?: FaultHook;
}
