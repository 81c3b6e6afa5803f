import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import type { Reader, SessionRef } from "../../provider/reader.ts";
import type { World } from "../../provider/world.ts";
import type { Message } from "../../session/types.ts";
import { must } from "./expect.ts";
import { isUnreadable, messagesOf, readerOf, type Scene } from "./scene.ts";
import { samplesFor, type Sample } from "./samples.ts";
import type { Candidate, ConformanceCheck } from "./types.ts";

const LF = 0x0a;
/** Of a long session so many cuts are tried, spread over all of it. */
const MOST_CUTS = 60;

/** How reading on went at every cut of a session. */
export interface Growth {
  /** Cuts at which reading on gave what reading all gives. */
  readOn: number;
  /** Cuts at which there was a mark and `readOn` wanted the session read as a whole. */
  declined: number;
  /** What was wrong, one line each. */
  faults: string[];
}

function boundaries(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) ends.push(at + 1);
  if (ends.at(-1) === bytes.length) ends.pop();
  const step = Math.max(1, Math.ceil(ends.length / MOST_CUTS));
  return ends.filter((_, index) => index % step === 0 || index === ends.length - 1);
}

/** The reference to the session in a file that has another length now. */
async function refNow(ref: SessionRef): Promise<SessionRef> {
  const { size, mtimeMs } = await stat(ref.path);
  return { ...ref, sizeBytes: size, modifiedAt: mtimeMs };
}

/**
 * Cuts the file of a session, which must consist of lines, behind each of them, reads what is left, lets the file
 * grow to what it was, and reads on from the mark: with the messages before the mark that must be what reading all
 * gives (full history). The file is afterwards what it was.
 */
export async function growthOf(reader: Reader, ref: SessionRef, world: () => World): Promise<Growth> {
  const growth: Growth = { readOn: 0, declined: 0, faults: [] };
  const bytes = await readFile(ref.path);
  const whole = (await messagesOf(reader, ref, world(), "full")).messages;
  for (const cut of boundaries(bytes)) {
    await truncate(ref.path, cut);
    let before: Message[];
    let mark;
    try {
      const { reading, messages } = await messagesOf(reader, await refNow(ref), world(), "full");
      ({ mark } = reading);
      before = messages;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      continue;
    } finally {
      await writeFile(ref.path, bytes);
    }
    if (mark === undefined) continue;
    const told = `cut at byte ${cut}`;
    if (mark.offset > cut || mark.messages > before.length)
      growth.faults.push(`${told}: the mark lies behind the end`);
    // A mark is kept in a database between two runs.
    const kept = JSON.parse(JSON.stringify(mark)) as typeof mark;
    const on = await reader.readOn!(await refNow(ref), kept, world());
    if (on === undefined) {
      growth.declined += 1;
      continue;
    }
    const after: Message[] = [];
    for await (const message of on.messages({ history: "full" })) after.push(message);
    const joined = [...before.slice(0, mark.messages), ...after];
    if (JSON.stringify(joined) === JSON.stringify(whole)) growth.readOn += 1;
    else growth.faults.push(`${told}: reading on gives other messages than reading all`);
    const all = (await reader.read(await refNow(ref), world())).records;
    if (on.records.total !== all.total || on.records.malformed !== all.malformed)
      growth.faults.push(`${told}: reading on counts other records than reading all`);
  }
  return growth;
}

/** The main file of a session, if it is one of lines. */
async function consistsOfLines(ref: SessionRef): Promise<boolean> {
  const found = await stat(ref.path).catch(() => undefined);
  return found?.isFile() === true && /\.jsonl$/iu.test(ref.path);
}

async function checkGrowth(candidate: Candidate, sample: Sample): Promise<void> {
  const reader = await readerOf(candidate);
  if (reader.readOn === undefined) return;
  await sample.open(async (scene: Scene, ref) => {
    if (!(await consistsOfLines(ref))) return;
    const { faults } = await growthOf(reader, ref, () => scene.again());
    must(faults.length === 0, `${sample.name}: ${faults.slice(0, 3).join("; ")}`);
  });
}

/** A reader that can read on after a session has grown is asked to, at every line of every sample. */
export function growthChecks(candidate: Candidate): ConformanceCheck[] {
  return samplesFor(candidate).map((sample) => ({
    name: `reading on in ${sample.name} gives what reading all gives`,
    run: () => checkGrowth(candidate, sample),
  }));
}
