import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";
import type { Message, Reader, ReadingMark, SessionReading, World } from "casr-cli/provider";
import { createWorld } from "../../src/core/world.ts";
import { isCasrError } from "../../src/core/errors.ts";

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
