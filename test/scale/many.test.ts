import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bigSession, manySessions } from "../bench/stores.ts";
import { casr, jsonOf, scratchHome, type Outcome } from "./machine.ts";

const MB = 1024 * 1024;
const never = new AbortController().signal;
const LIST = ["list", "--all", "--limit", "0", "--json"];

type Item = { session_id: string; provider: string; messages: number };

function itemsOf(outcome: Outcome): Item[] {
  expect({ status: outcome.status, stderr: outcome.stderr }).toEqual({ status: 0, stderr: "" });
  return jsonOf(outcome)["items"] as Item[];
}

function namesOf(items: Item[]): string[] {
  return items.map(({ provider, session_id }) => `${provider}:${session_id}`).toSorted();
}

describe.each([2, 8])("%d runs at once", (count) => {
  const atOnce = <T>(action: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, action));

  test("list the same sessions from one empty cache", async () => {
    const home = scratchHome();
    await manySessions(home, 110, never);
    const alone = namesOf(itemsOf(await casr(home, LIST, { env: { CASR_CACHE_HOME: join(home, "other") } })));
    for (const outcome of await atOnce(() => casr(home, LIST))) {
      expect(namesOf(itemsOf(outcome))).toEqual(alone);
      expect(jsonOf(outcome)["warnings"] ?? []).toEqual([]);
    }
  });

  test("convert one session once, and all say which it is", async () => {
    const home = scratchHome();
    const { word } = await bigSession(home, "claude-code", 3 * MB, never);
    const outcomes = await atOnce(() => casr(home, ["resume", word, "--to", "codex", "--json"]));
    const ids = outcomes.map((outcome) => {
      expect({ status: outcome.status, said: outcome.status === 0 ? "" : outcome.stdout }).toEqual({
        status: 0,
        said: "",
      });
      return jsonOf(outcome)["target_session_id"];
    });
    expect(new Set(ids).size).toBe(1);
    const written = readdirSync(join(home, ".codex"), { recursive: true, encoding: "utf8" });
    expect(written.filter((name) => /rollout-.*\.jsonl/.test(name))).toHaveLength(1);
  });
});

test("50,000 files in one folder are listed, in bounded memory, and one of them is found at once", async () => {
  const home = scratchHome();
  const folder = join(home, ".claude/projects/-home-dev-projects-many");
  mkdirSync(folder, { recursive: true });
  const idOf = (number: number): string =>
    `${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  for (let number = 0; number < 50_000; number += 1) {
    const sessionId = idOf(number);
    const shared = { sessionId, cwd: "/home/dev/projects/many", isSidechain: false, version: "2.1.329" };
    const timestamp = new Date(Date.UTC(2026, 10, 1) + number * 1000).toISOString();
    const user = {
      ...shared,
      parentUuid: null,
      type: "user",
      uuid: `${sessionId.slice(0, 8)}-1111-4000-8000-000000000000`,
      timestamp,
      message: { role: "user", content: `Prompt number ${number}` },
    };
    const answer = {
      ...shared,
      parentUuid: user.uuid,
      type: "assistant",
      uuid: `${sessionId.slice(0, 8)}-2222-4000-8000-000000000000`,
      timestamp,
      message: { id: `msg_${number}`, role: "assistant", content: [{ type: "text", text: "Done." }] },
    };
    writeFileSync(join(folder, `${sessionId}.jsonl`), `${JSON.stringify(user)}\n${JSON.stringify(answer)}\n`);
  }
  const first = await casr(home, ["list", "--all", "--limit", "5", "--json"]);
  expect(itemsOf(first)).toHaveLength(5);
  expect(first.peakMb).toBeLessThan(1000);
  const again = await casr(home, ["list", "--all", "--limit", "5", "--json"]);
  expect(itemsOf(again)).toEqual(itemsOf(first));
  const found = await casr(home, ["info", idOf(31_234), "--json"]);
  expect(found.status).toBe(0);
  expect(jsonOf(found)["title"]).toBe("Prompt number 31234");
  rmSync(join(folder, `${idOf(31_234)}.jsonl`));
  expect((await casr(home, ["info", idOf(31_234), "--json"])).status).toBe(3);
});

describe("an index that is damaged", () => {
  const damages: [string, (path: string) => void][] = [
    ["is other bytes", (path) => writeFileSync(path, "this is no database ".repeat(2000))],
    ["is cut short", (path) => truncateSync(path, 1500)],
    ["is empty", (path) => truncateSync(path, 0)],
    [
      "is a folder",
      (path) => {
        rmSync(path);
        mkdirSync(join(path, "inside"), { recursive: true });
      },
    ],
  ];

  test.each(damages)("and %s hides no session", async (_name, damage) => {
    const home = scratchHome();
    await manySessions(home, 33, never);
    const before = itemsOf(await casr(home, LIST));
    const cache = join(home, "casr-cache");
    const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const indexes = files.filter((entry) => !/-(?:wal|shm)$/.test(entry.name));
    expect(indexes.map((entry) => entry.name)).not.toEqual([]);
    for (const entry of indexes) damage(join(entry.parentPath, entry.name));
    const after = await casr(home, LIST);
    expect(itemsOf(after)).toEqual(before);
    // And the run after it, which has an index again or goes without one.
    expect(itemsOf(await casr(home, LIST))).toEqual(before);
  });
});
