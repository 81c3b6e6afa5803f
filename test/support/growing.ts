import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";
import type { Message, Reader, ReadingMark, SessionReading, SessionRef, World } from "casr-cli/provider";
import { createWorld } from "../../src/core/world.ts";
import { isCasrError } from "../../src/core/errors.ts";
import { growthOf } from "../../src/testing/conformance/growth.ts";
import { HOSTILE_CASES, hostileHome } from "./hostile.ts";
import { worldOn } from "./readers.ts";

/** How a session was read while it grew. */
export interface Followed {
  /** How often it was read on, and how often it had to be read as a whole though there was a mark. */
  readOn: number;
  declined: number;
}

async function opened(reader: Reader, path: string, world: World): Promise<SessionReading | undefined> {
  try {
    return await reader.read((await reader.identify(path, world))!, world);
  } catch (error) {
    if (isCasrError(error)) return undefined;
    throw error;
  }
}

const all = (reading: SessionReading): Promise<Message[]> =>
  Array.fromAsync(reading.messages({ history: "full" }));

/**
 * Lets the file at `path` grow piece by piece, and reads it after each as casr does: on from the last mark where there
 * is one, which the reading on before may have set. That must always give what reading all gives.
 */
export async function follow(
  reader: Reader,
  path: string,
  pieces: string[],
  world: () => World,
): Promise<Followed> {
  const followed: Followed = { readOn: 0, declined: 0 };
  let kept: { mark: ReadingMark; messages: Message[] } | undefined;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  for (const piece of pieces) {
    appendFileSync(path, piece);
    const whole = await opened(reader, path, world());
    if (whole === undefined) continue;
    const expected = await all(whole);
    let reading: SessionReading | undefined;
    if (kept !== undefined) {
      const now = world();
      reading = await reader.readOn!((await reader.identify(path, now))!, kept.mark, now);
      followed[reading === undefined ? "declined" : "readOn"] += 1;
    }
    let messages = expected;
    if (reading !== undefined) {
      messages = [...kept!.messages.slice(0, kept!.mark.messages), ...(await all(reading))];
      expect(messages).toEqual(expected);
      expect(reading.header).toEqual(whole.header);
      expect(reading.records).toEqual(whole.records);
    }
    const { mark } = reading ?? whole;
    // It is kept in a database between two runs.
    kept =
      mark === undefined ? undefined : { mark: JSON.parse(JSON.stringify(mark)) as ReadingMark, messages };
  }
  return followed;
}

/** How many bytes reading the session at `path` as a whole takes, and how many reading on from its mark. */
export async function bytesRead(
  reader: Reader,
  path: string,
  home: string,
  appended: string,
): Promise<{ whole: number; on: number }> {
  let bytes = 0;
  const counting = (): World =>
    createWorld({
      home,
      cwd: home,
      env: {},
      warn: () => {},
      now: () => 0,
      onBytes: (more) => (bytes += more),
    });
  const world = counting();
  const before = await reader.read((await reader.identify(path, world))!, world);
  await all(before);
  appendFileSync(path, appended);
  const ref = (await reader.identify(path, world))!;
  bytes = 0;
  await all(await reader.read(ref, counting()));
  const whole = bytes;
  bytes = 0;
  await all((await reader.readOn!(ref, before.mark!, counting()))!);
  return { whole, on: bytes };
}

/** What was wrong with reading on in an agent's damaged sessions, at each of their lines, and in how many it was not tried. */
export async function damagedGrowth(
  reader: Reader,
  agent: Parameters<typeof hostileHome>[0],
): Promise<{ faults: string[]; unidentified: number }> {
  const names = HOSTILE_CASES.flatMap(([name, outcome]) => (outcome === "nothing" ? [] : name));
  const { home, paths } = await hostileHome(agent, names);
  const growth = { faults: [] as string[], unidentified: 0 };
  for (const path of paths.values()) {
    const ref = await reader.identify(path, worldOn(home).world);
    if (ref === undefined) growth.unidentified += 1;
    else growth.faults.push(...(await growthOf(reader, ref, () => worldOn(home).world)).faults);
  }
  return growth;
}

/** Marks that are not of the session: no prompt stands there, the file is shorter, nothing is known. */
export function wrongMarks(mark: ReadingMark, { sizeBytes }: SessionRef): ReadingMark[] {
  return [
    { ...mark, offset: mark.offset + 1 },
    { ...mark, offset: sizeBytes },
    { ...mark, offset: sizeBytes + 100 },
    { ...mark, state: {} },
  ];
}
