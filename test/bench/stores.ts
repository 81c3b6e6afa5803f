import { mkdir, open, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FILE_AGENTS, RECORDED } from "./sessions/agents.ts";
import { DATABASE_AGENTS, fillDatabase, type DatabaseAgent } from "./sessions/databases.ts";
import { sessionBytes, type FileAgent, type Place } from "./sessions/files.ts";
import { renewedId } from "./sessions/template.ts";

/** Sizes of sessions in KB, in turn: many short ones, few long ones; with the rest of the last round 300 KB on average. */
const SESSION_KB = [8, 15, 30, 45, 70, 110, 200, 560] as const;
const DAY_MS = 86_400_000;
const SPAN_MS = 120 * DAY_MS;

const agents: readonly (FileAgent | DatabaseAgent)[] = [...FILE_AGENTS, ...DATABASE_AGENTS];

/** The agents whose sessions can be generated: all that come with casr. */
export const AGENTS: readonly string[] = agents.map((agent) => agent.slug).toSorted();

function agentOf(slug: string): FileAgent | DatabaseAgent {
  const agent = agents.find((one) => one.slug === slug);
  if (agent === undefined) throw new Error(`no sessions of ${slug} can be generated`);
  return agent;
}

/** A session id of the agent's form. Cline's begins with a time in ms. */
function sessionId(agent: { session: string }, number: number): string {
  const [, time, rest] = /^(\d{13})(_.*)$/.exec(agent.session) ?? [];
  if (time !== undefined) return `${Number(time) - number * 1000}${rest}`;
  return renewedId(agent.session, number);
}

function placeOf(agent: { session: string; workspace: string }, number: number, shift: number): Place {
  const at = agent.workspace.lastIndexOf("/") + 1;
  const name = Math.floor(number / 40).toString(36);
  const width = agent.workspace.length - at;
  return {
    session: sessionId(agent, number),
    workspace: agent.workspace.slice(0, at) + name.padStart(width, "p").slice(-width),
    shift,
  };
}

async function writeSession(
  home: string,
  agent: FileAgent,
  place: Place,
  bytes: number,
  number: number,
  signal: AbortSignal,
): Promise<string> {
  const path = join(home, agent.path(place));
  await mkdir(dirname(path), { recursive: true });
  for (const { path: beside, text } of agent.beside?.(place) ?? []) {
    await mkdir(dirname(join(home, beside)), { recursive: true });
    await writeFile(join(home, beside), text);
  }
  const file = await open(path, "w", 0o600);
  try {
    for (const chunk of sessionBytes(agent, place, bytes, number)) {
      signal.throwIfAborted();
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  const changed = (RECORDED + place.shift) / 1000 + 3600;
  await utimes(path, changed, changed);
  return path;
}

async function writeList(home: string, agent: FileAgent, places: Place[]): Promise<void> {
  if (agent.list === undefined) return;
  await writeFile(join(home, agent.list.path), JSON.stringify(places.map(agent.list.entry), null, 2));
}

/** A generated session: what casr is asked for, and where its bytes are. */
export interface BigSession {
  word: string;
  path: string;
}

/** One session of about `bytes` bytes below `home`. */
export async function bigSession(
  home: string,
  slug: string,
  bytes: number,
  signal: AbortSignal,
): Promise<BigSession> {
  const agent = agentOf(slug);
  const place = placeOf(agent, 1, -DAY_MS);
  const word = `${slug}:${place.session}`;
  if (!("file" in agent)) {
    return { word, path: await fillDatabase(home, agent, [{ ...place, bytes, number: 1 }], signal) };
  }
  const path = await writeSession(home, agent, place, bytes, 1, signal);
  await writeList(home, agent, [place]);
  return { word, path };
}

/** A store of many sessions: one of them by its word and its file, and how many bytes all have. */
export interface Store {
  sessions: number;
  word: string;
  /** File of a session that a line can be added to. */
  path: string;
}

/** `count` sessions over all agents that can be read, 300 KB each on average, from the last four months. */
export async function manySessions(home: string, count: number, signal: AbortSignal): Promise<Store> {
  const all = [...FILE_AGENTS, ...DATABASE_AGENTS];
  const numbers = Array.from({ length: count }, (_one, index) => index + 1);
  const shiftOf = (number: number): number => -DAY_MS - Math.floor((number / count) * SPAN_MS);
  const bytesOf = (number: number): number =>
    SESSION_KB[Math.floor(number / all.length) % SESSION_KB.length]! * 1024;
  let store: Store | undefined;
  for (const [index, agent] of all.entries()) {
    const own = numbers.filter((number) => number % all.length === index);
    const places = own.map((number) => ({
      ...placeOf(agent, number, shiftOf(number)),
      number,
      bytes: bytesOf(number),
    }));
    if (!("file" in agent)) {
      await fillDatabase(home, agent, places, signal);
      continue;
    }
    for (const place of places) {
      const path = await writeSession(home, agent, place, place.bytes, place.number, signal);
      if (agent.slug === "claude-code") store = { sessions: count, word: place.session, path };
    }
    if (places.length > 0) await writeList(home, agent, places);
  }
  if (store === undefined) throw new Error("too few sessions for one of each agent");
  return store;
}
