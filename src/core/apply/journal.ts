import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { FileIdentity } from "./files.ts";
import { makeOwnFolder, removeFile, replaceOwnFile, syncFolder } from "./files.ts";
import { thisProcess, type Owner } from "./owner.ts";
import type { Place } from "./places.ts";
import type { EncodedStatement } from "./sql-values.ts";
import type { FaultHook } from "./types.ts";

/*
 * A transaction's journal says, before each act, what is about to be done and how to tell on disk
 * whether it was done. So the undo is right wherever the process ended, and may run many times.
 * Removing the journal is the moment the transaction becomes final.
 */

/** A new file. `staged` is the identity of the finished temporary file, which linking and renaming keep. */
export interface CreateRecord extends Place {
  kind: "create";
  temporary: string;
  staged?: FileIdentity;
  /** Links do not work there: an empty file may hold the name until the staged one is renamed over it. */
  placeholder?: true;
  /** The file that is replaced, and the name it is kept under. */
  backup?: { path: string; of: FileIdentity };
}

export interface AppendRecord extends Place {
  kind: "append";
  /** `planned`: untouched; `writing`: perhaps there, whole or in part; `written`: all there. */
  state: "planned" | "writing" | "written";
  /** What is appended, with the line break that completes an unfinished last line, if any. */
  data: string;
  /** Undefined when the step makes the file. */
  before?: FileIdentity;
}

export interface EditRecord extends Place {
  kind: "edit";
  temporary: string;
  /** The agent's lock; once known, with the identity of the lock we took. */
  lock?: Place & { identity?: FileIdentity };
  /** `planned`: nothing but the temporary file; `begun`: the agent's lock may be ours; `staged`: the change may be made. */
  state: "planned" | "begun" | "staged";
  staged?: FileIdentity;
  /** sha256 of the new content. */
  digest?: string;
  /** Content (base64) and attributes to go back to; missing when there was no file. */
  original?: { content: string; mode: number; uid: number; gid: number; mtimeMs: number };
}

export interface SqliteRecord extends Place {
  kind: "sqlite";
  /** `planned`: surely not committed; `committing`: perhaps; `committed`: surely. */
  state: "planned" | "committing" | "committed";
  undo: EncodedStatement[];
}

/** `undone`: taken back already, by an undo in which another step failed. */
export type StepRecord = (CreateRecord | AppendRecord | EditRecord | SqliteRecord) & { undone?: true };

export interface Journal {
  casrJournal: 1;
  id: string;
  sessionId: string;
  /** casr's version. */
  version: string;
  owner: Owner;
  /** Epoch ms. */
  startedAt: number;
  /** Locked while the transaction runs, or its undo. */
  roots: string[];
  /** Folders that did not exist, outermost first. */
  folders: string[];
  steps: StepRecord[];
}

/** A transaction in this process. */
export interface Transaction {
  journal: Journal;
  /** Where the journal is. */
  file: string;
  signal: AbortSignal;
  /** A numbered point: throws when the run was interrupted, or when a test wants a failure here. */
  at(point: string): Promise<void>;
  /** Makes the journal durable as it is now. Call before acting on what it says. */
  save(): Promise<void>;
}

/** Transactions of this process that are still at work. */
const atWork = new Set<string>();

/** Whether the transaction is at work in this very process. */
export function isAtWork(id: string): boolean {
  return atWork.has(id);
}

/** Runs `act` with a transaction id of its own, which `recover` in this process leaves alone meanwhile. */
export async function withTransactionId<T>(act: (id: string) => Promise<T>): Promise<T> {
  const id = randomUUID().replaceAll("-", "").slice(0, 20);
  atWork.add(id);
  try {
    return await act(id);
  } finally {
    atWork.delete(id);
  }
}

/** A journal for these steps, not on disk yet. */
export function newJournal(
  id: string,
  facts: Pick<Journal, "sessionId" | "version" | "startedAt" | "roots" | "folders" | "steps">,
): Journal {
  return { casrJournal: 1, id, owner: thisProcess(), ...facts };
}

/** Writes the journal as it is now, durably; a crash leaves the former state or this one. */
export async function saveJournal(folder: string, journal: Journal, at: FaultHook): Promise<void> {
  await at("before saving the journal");
  await makeOwnFolder(folder);
  await replaceOwnFile(join(folder, `${journal.id}.json`), JSON.stringify(journal));
  await at("after saving the journal");
}

/** Makes the transaction final. */
export async function removeJournal(file: string, folder: string): Promise<void> {
  await removeFile(`${file}.tmp`);
  await removeFile(file);
  try {
    await syncFolder(folder);
  } catch {
    // Done and verified already; the worst a power cut can do now is bring the journal, and so its undo, back.
  }
}
