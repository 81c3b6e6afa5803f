import { mkdirSync, writeFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { agentChat, editorHome } from "../../plugins/casr-provider-cursor/test/helpers.ts";
import { fixtureHome, temporaryFolder } from "../support/home.ts";
import { Machine, placed, type Platform } from "../support/machine.ts";
import { AGENTS, collect, OUTSIDE, readerOf, registrationOf } from "../support/readers.ts";
import { PLACES, type Place } from "./places.ts";

/** On Windows node:path has other rules: those are what plugins get here for paths of Windows. */
vi.mock("node:path", async (original) => {
  const path = await original<typeof import("node:path")>();
  const rulesFor = (parts: unknown[]) =>
    parts.some((part) => typeof part === "string" && /^[A-Za-z]:|\\/.test(part)) ? path.win32 : path.posix;
  const either = Object.fromEntries(
    (
      ["join", "resolve", "basename", "dirname", "isAbsolute", "relative", "normalize", "extname"] as const
    ).map((name) => [
      name,
      (...parts: unknown[]) => (rulesFor(parts)[name] as (...args: unknown[]) => unknown)(...parts),
    ]),
  );
  return { ...path, ...either, default: { ...path, ...either } };
});

const TASK = "1785578400000";

/** Stores of which there is no recorded home. */
const MADE: Record<string, (home: string) => void> = {
  "made/cline-extension": (home) => {
    const folder = posix.join(home, "tasks", TASK);
    mkdirSync(folder, { recursive: true });
    const history = [
      { role: "user", content: [{ type: "text", text: "<task>\nsay hello\n</task>" }] },
      { role: "assistant", content: [{ type: "text", text: "hello" }] },
    ];
    writeFileSync(posix.join(folder, "api_conversation_history.json"), JSON.stringify(history));
    mkdirSync(posix.join(home, "state"));
    const item = { id: TASK, ts: Number(TASK), task: "say hello", cwdOnTaskInitialization: "/w" };
    writeFileSync(posix.join(home, "state", "taskHistory.json"), JSON.stringify([item]));
  },
  "made/cursor-editor": (home) => {
    const bubbles = [
      { bubbleId: "b1", type: 1, text: "question" },
      { bubbleId: "b2", type: 2, text: "answer" },
    ];
    editorHome(home, [{ id: "5667590a-e4c7-4f28-9d99-027f84c10837", bubbles }]);
  },
  "made/cursor-agent": (home) => {
    const messages = [
      { role: "user", content: [{ type: "text", text: "<user_query>\nquestion\n</user_query>" }] },
      { role: "assistant", content: [{ type: "text", text: "answer" }] },
    ];
    agentChat(home, { id: "5667590a-e4c7-4f28-9d99-027f84c10838", workspace: "/w", messages });
  },
};

const made = new Map<string, string>();

beforeAll(() => {
  for (const [name, make] of Object.entries(MADE)) {
    const home = temporaryFolder("made");
    make(home);
    made.set(name, name === "made/cursor-editor" ? posix.join(home, ".config/Cursor") : home);
  }
});

const homeOf = (name: string): string => made.get(name) ?? fixtureHome(name);

/** How many messages each session of a place has, by id; and what `detect` says. */
async function seen(place: Place, platform: Platform, withStore = true) {
  const machine = new Machine(platform);
  if (withStore) machine.put(posix.join(homeOf(place.home), place.from), placed(place.at, platform));
  const entries = Object.entries(place.env ?? {});
  const env = Object.fromEntries(
    entries.map(([name, value]) => [name, value.startsWith("@") ? placed(value, platform) : value]),
  );
  const world = machine.world(env, placed(place.cwd ?? "~", platform));
  const reader = await readerOf(place.agent as (typeof AGENTS)[number]);
  const sessions: Record<string, number> = {};
  for (const ref of await collect(reader.discover(world))) {
    const named = await reader.identify(ref.path, world);
    expect.soft(named?.id, `the session at ${ref.path}`).toBe(ref.id);
    await reader.summarize(ref, world);
    const reading = await reader.read(ref, world);
    sessions[ref.id] = (await collect(reading.messages({ history: "full" }))).length;
    for (const path of [ref.path, ...(ref.files ?? [])]) {
      const rules = platform === "win32" ? win32 : posix;
      expect.soft(rules.normalize(path), "a path as this platform writes it").toBe(path);
    }
  }
  return { sessions, detected: await reader.detect(world) };
}

const ALL: Platform[] = ["linux", "darwin", "win32"];
const rows = PLACES.flatMap((place) =>
  (place.only ?? ALL).map((platform): [string, Platform, string, string, Place] => [
    place.agent,
    platform,
    placed(place.at, platform),
    JSON.stringify(place.env ?? {}),
    place,
  ]),
);

describe("where agents keep their sessions", () => {
  it.each(rows)("%s on %s: %s with %s", async (agent, platform, at, _env, place) => {
    const { sessions, detected } = await seen(place, platform);
    expect(Object.keys(sessions)).not.toEqual([]);
    expect(Object.values(sessions).every((count) => count > 0)).toBe(true);
    expect(detected.found).toBe(true);
    const evidence = detected.evidence.map((line) => line.replace(/^~/, placed("~", platform)));
    expect(evidence.join("\n"), "evidence that names the place").toContain(at);

    // The same sessions as in the usual place, on a system it was recorded on.
    const usual = PLACES.find((one) => one.agent === agent && one.home === place.home)!;
    const expected = (await seen(usual, "linux")).sessions;
    if (agent !== "aider") expect(sessions).toEqual(expected);
    // Aider's histories hold no ids: they are made from where a history lies.
    else expect(Object.values(sessions).sort()).toEqual(Object.values(expected).sort());

    const bare = await seen(place, platform, false);
    expect(bare.sessions).toEqual({});
    expect(bare.detected).toMatchObject({ found: false, evidence: [] });
  });

  it.each([...AGENTS, ...OUTSIDE])("every variable that %s names moves its store", async (agent) => {
    const { homeVariables } = await registrationOf(agent);
    const proven = PLACES.filter((place) => place.agent === agent).flatMap(({ env }) =>
      Object.keys(env ?? {}),
    );
    // Its databases alone: their rows say nothing that the files do not.
    const others = { codex: ["CODEX_SQLITE_HOME"], cline: ["CLINE_DB_DATA_DIR"] }[agent as string] ?? [];
    expect(proven).toEqual(expect.arrayContaining(homeVariables.filter((name) => !others.includes(name))));
  });
});
