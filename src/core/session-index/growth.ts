import { hash } from "node:crypto";
import type { Reader, ReadingMark, SessionReading, SessionRef } from "../../provider/reader.ts";
import type { World } from "../../provider/world.ts";
import { isDeeperThan } from "../../session/depth.ts";
import { isJsonObject } from "../../session/json.ts";
import type { SessionStats } from "../api.ts";
import { Counts, type CountsState } from "./counts.ts";
import { readQuickly } from "./quick.ts";
import type { Looks } from "./stamps.ts";

/** How much of the bytes before a mark is compared, at the start of the file and right before the mark. */
const COMPARED_BYTES = 4096;
/** What would be kept of a session with more different prompts than this is not worth it. */
const MOST_PROMPTS = 5000;

/** What is kept of a counted session, so that it can be read on from its mark when it has grown. */
export interface Growth {
  mark: ReadingMark;
  counts: CountsState;
  inode: number;
  /** Of bytes before the mark. */
  digest: string;
}

/** The counts of a session, and what is needed to go on counting. */
export interface Counted {
  stats: SessionStats;
  growth?: Growth;
}

function digestOf(path: string, offset: number): string | undefined {
  const start = Math.max(offset - COMPARED_BYTES, 0);
  const pieces = [
    readQuickly(path, { start: 0, end: Math.min(COMPARED_BYTES, start) }),
    readQuickly(path, { start, end: offset }),
  ];
  const [head, tail] = pieces;
  if (head === undefined || tail?.length !== offset - start) return undefined;
  return hash("sha256", Buffer.concat([head, tail]));
}

/** Goes on counting through `messages` of a full history; what to go on from is taken at the reading's mark. */
export async function countOn(
  counts: Counts,
  reading: Pick<SessionReading, "mark">,
  messages: AsyncIterable<Parameters<Counts["add"]>[0]>,
  ref: SessionRef,
  looks: Looks,
): Promise<Counted> {
  let at: CountsState | undefined;
  const note = (): void => {
    if (reading.mark?.messages === counts.messages) at = counts.state();
  };
  for await (const message of messages) {
    note();
    counts.add(message);
  }
  note();
  const stats = counts.stats();
  const { mark } = reading;
  const digest = mark === undefined ? undefined : digestOf(ref.path, mark.offset);
  if (
    mark === undefined ||
    at?.messages !== mark.messages ||
    digest === undefined ||
    at.prompts.length > MOST_PROMPTS
  )
    return { stats };
  return { stats, growth: { mark, counts: at, inode: looks.at(ref.path).inode, digest } };
}

/** What was stored of a session to go on from; undefined where it is nothing of ours. */
export function growthFrom(json: string | null): Growth | undefined {
  if (json === null) return undefined;
  const growth = parsed(json);
  const isSound =
    isJsonObject(growth) &&
    isJsonObject(growth["mark"]) &&
    Number.isSafeInteger(growth["mark"]["offset"]) &&
    Array.isArray(growth["mark"]["headerFiles"] ?? []) &&
    isJsonObject(growth["counts"]) &&
    growth["counts"]["messages"] === growth["mark"]["messages"] &&
    Array.isArray(growth["counts"]["prompts"]) &&
    Array.isArray(growth["counts"]["models"]) &&
    ["userMessages", "toolUses", "agentChars", "agentTexts"].every((key) =>
      Number.isSafeInteger((growth["counts"] as Record<string, unknown>)[key]),
    );
  return isSound ? (growth as unknown as Growth) : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Messages whose inputs a conversion could carry: one nested too deeply is told of where a session is read whole. */
async function* shallow(messages: ReturnType<SessionReading["messages"]>): typeof messages {
  for await (const message of messages) {
    if (message.content.some((block) => block.type === "tool_call" && isDeeperThan(block.input)))
      throw new TooDeep();
    yield message;
  }
}

class TooDeep extends Error {}

/**
 * Counts only what a session has grown by since its mark. Undefined where it did not just grow, or where what was
 * added changes what stands before.
 */
export async function countGrowth(
  reader: Reader,
  ref: SessionRef,
  { mark, counts, inode, digest }: Growth,
  world: World,
  looks: Looks,
): Promise<Counted | undefined> {
  if (reader.readOn === undefined || looks.at(ref.path).inode !== inode) return undefined;
  if (digestOf(ref.path, mark.offset) !== digest) return undefined;
  const reading = await reader.readOn(ref, mark, world);
  if (reading === undefined) return undefined;
  try {
    return await countOn(
      new Counts(counts),
      reading,
      shallow(reading.messages({ history: "full" })),
      ref,
      looks,
    );
  } catch (error) {
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
}
