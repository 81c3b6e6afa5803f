import { appendFile, chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import type { Diagnostic, Message, Reader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { describe, expect, it } from "vitest";
import { isCasrError } from "../src/core/errors.ts";
import {
  damagedLines,
  HOSTILE_CASES,
  hostileBytes,
  hostileHome,
  hostileId,
  place,
  storePath,
  SURVIVORS,
} from "./support/hostile.ts";
import { deepJson, Raw, sessionLines, sessionText } from "./support/hostile-lines.ts";
import { seedHome, temporaryFolder } from "./support/home.ts";
import { collect, LINE_AGENTS, readerOf, worldOn, type LineAgent } from "./support/readers.ts";
import { malformations, textsOf } from "./support/well-formed.ts";

/** What came of opening a file: a session, or the typed error it was refused with. */
interface Opened {
  messages: Message[];
  context: Message[];
  reading?: SessionReading;
  refused?: string;
}

async function open(reader: Reader, ref: SessionRef, world: World): Promise<Opened> {
  try {
    const reading = await reader.read(ref, world);
    const messages = await collect(reading.messages({ history: "full" }));
    return { reading, messages, context: await collect(reading.messages({ history: "context" })) };
  } catch (error) {
    // Anything but a typed error is a crash and fails the test.
    if (!isCasrError(error)) throw error;
    return { messages: [], context: [], refused: error.code };
  }
}

/** The file as the agent's own session, found the way a person names it: by path. */
async function refOf(reader: Reader, path: string, world: World): Promise<SessionRef | undefined> {
  const listed = (await collect(reader.discover(world))).find((ref) => ref.path === path);
  return listed ?? reader.identify(path, world);
}

/** The survivors that did not come through. */
function lost(messages: readonly Message[]): string[] {
  const all = messages.flatMap(textsOf).join("\n");
  return SURVIVORS.filter((text) => !all.includes(text));
}

function warnedLines(warnings: readonly Diagnostic[], path: string): number[] {
  return warnings.flatMap((warning) =>
    warning.path === path && warning.line !== undefined ? [warning.line] : [],
  );
}

/** Places one made session and opens it. */
async function openMade(
  agent: LineAgent,
  text: string | Uint8Array,
): Promise<Opened & { warnings: Diagnostic[]; path: string }> {
  const home = temporaryFolder(`made-${agent}`);
  const path = await place(home, agent, 1, text);
  const { world, warnings } = worldOn(home);
  const reader = await readerOf(agent);
  const ref = await refOf(reader, path, world);
  expect(ref, "the session is found").toBeDefined();
  await reader.summarize(ref!, world);
  return { ...(await open(reader, ref!, world)), warnings, path };
}

describe.each(LINE_AGENTS)("damaged files of %s", (agent) => {
  it.each(HOSTILE_CASES)("%s: %s", async (name, outcome) => {
    const { home, paths } = await hostileHome(agent, [name]);
    const path = paths.get(name)!;
    const { world, warnings } = worldOn(home);
    const reader = await readerOf(agent);
    const ref = await refOf(reader, path, world);
    if (ref === undefined) {
      expect(outcome).not.toBe("whole");
      return;
    }
    await reader.summarize(ref, world).catch((error: unknown) => {
      if (!isCasrError(error)) throw error;
    });
    const { messages, context, refused, reading } = await open(reader, ref, world);

    expect(malformations(messages)).toEqual([]);
    expect(malformations(context)).toEqual([]);
    if (outcome === "nothing") expect(refused).toBe("source-unreadable");
    if (outcome === "whole") {
      expect(refused).toBeUndefined();
      expect(lost(messages)).toEqual([]);
    }
    if (refused !== undefined) return;
    const damaged = damagedLines(hostileBytes(agent, name));
    expect(warnedLines(warnings, path)).toEqual(expect.arrayContaining(damaged));
    expect(reading!.records.malformed).toBeGreaterThanOrEqual(damaged.length);
  });

  it("warns of each unknown record type once, with its file", async () => {
    const { home, paths } = await hostileHome(agent, ["unknown-records"]);
    const { world, warnings } = worldOn(home);
    const reader = await readerOf(agent);
    const ref = await refOf(reader, paths.get("unknown-records")!, world);
    await open(reader, ref!, world);
    const unknown = warnings.filter((warning) => warning.code === "unknown-record");
    expect(unknown.length).toBeGreaterThan(0);
    expect(new Set(unknown.map((warning) => warning.message)).size).toBe(unknown.length);
    for (const warning of unknown) expect(warning.path).toBe(ref!.path);
  });

  it("does not warn of a BOM, CRLF and blank lines", async () => {
    const { home, paths } = await hostileHome(agent, ["bom-crlf-blank"]);
    const { world, warnings } = worldOn(home);
    const reader = await readerOf(agent);
    const ref = await refOf(reader, paths.get("bom-crlf-blank")!, world);
    const { context } = await open(reader, ref!, world);
    expect(lost(context)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("keeps hostile ids and paths from becoming ids and paths", async () => {
    const { home, paths } = await hostileHome(agent, ["hostile-names"]);
    const { world } = worldOn(home);
    const reader = await readerOf(agent);
    for (const ref of await collect(reader.discover(world))) {
      // oxlint-disable-next-line no-control-regex
      expect(ref.id).not.toMatch(/[/\\\u0000-\u001f\u007f-\u009f]/);
      for (const file of ref.files ?? [ref.path]) expect(file.startsWith(home)).toBe(true);
    }
    const ref = await refOf(reader, paths.get("hostile-names")!, world);
    const { messages } = await open(reader, ref!, world);
    expect(JSON.stringify(messages)).not.toContain("root:x:0");
  });

  it("does not let keys of a file reach the objects of the program", async () => {
    const { home, paths } = await hostileHome(agent, ["odd-keys"]);
    const { world } = worldOn(home);
    const reader = await readerOf(agent);
    await open(reader, (await refOf(reader, paths.get("odd-keys")!, world))!, world);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("lists the other sessions when some cannot be read", async () => {
    const { home, paths } = await hostileHome(agent);
    for (let number = 20; number < 50; number++) await place(home, agent, number, sessionText(agent, number));
    const broken = storePath(agent, hostileId(60), 60);
    await mkdir(join(home, broken), { recursive: true });
    const looped = join(home, storePath(agent, hostileId(61), 61));
    await mkdir(dirname(looped), { recursive: true });
    await symlink(looped, looped);
    await symlink("..", join(home, dirname(broken), "loop"));
    const locked = await place(home, agent, 62, sessionText(agent, 62));
    await chmod(locked, 0o000);

    const { world } = worldOn(home);
    const reader = await readerOf(agent);
    const refs = await collect(reader.discover(world));
    const good = refs.filter((ref) => /^bad000[234]\d-/.test(ref.id));
    expect(good).toHaveLength(30);
    for (const ref of refs)
      await reader.summarize(ref, world).catch((error: unknown) => {
        if (!isCasrError(error)) throw error;
        expect(good).not.toContain(ref);
      });
    expect(refs.map((ref) => ref.path)).toEqual(
      expect.arrayContaining([paths.get("torn-last-line"), paths.get("wrong-types")]),
    );
    expect(await collect(reader.locate(hostileId(25), world))).toHaveLength(1);
    await chmod(locked, 0o600);
  });

  it("finds nothing in a home without stores, or where files stand in place of folders", async () => {
    const reader = await readerOf(agent);
    const { world } = worldOn(temporaryFolder("bare"));
    expect(await collect(reader.discover(world))).toEqual([]);
    expect((await reader.detect(world)).found).toBe(false);
    const odd = temporaryFolder("odd");
    for (const store of [".claude", ".codex", ".copilot", ".factory", ".gemini", ".pi", ".qwen"])
      await writeFile(join(odd, store), "a file");
    expect(await collect(reader.discover(worldOn(odd).world))).toEqual([]);
  });

  it("reads a line of 100 MB", async () => {
    const text = "x".repeat(100 * 1024 * 1024);
    const { messages, context } = await openMade(agent, sessionText(agent, 1, [{ user: text }]));
    expect(lost(messages)).toEqual([]);
    expect(context.flatMap(textsOf).some((found) => found.length >= text.length)).toBe(true);
  }, 120_000);

  it("reads values that are 100,000 levels deep", async () => {
    const input = `{"command":"true","cmd":"true","deep":${deepJson(100_000)}}`;
    const middle = [
      { call: agent === "codex" ? input : new Raw(input) },
      { line: `{"type":"hologram","deep":${deepJson(100_000)}}` },
    ];
    const { messages, refused } = await openMade(agent, sessionText(agent, 1, middle));
    expect(refused).toBeUndefined();
    expect(lost(messages)).toEqual([]);
  });

  it("reads a chain of 50,000 messages in order", async () => {
    const middle = Array.from({ length: 50_000 }, (_, index) => ({ user: `message ${index}` }));
    const { messages } = await openMade(agent, sessionText(agent, 1, middle));
    expect(lost(messages)).toEqual([]);
    const found =
      messages
        .flatMap(textsOf)
        .join("\n")
        .match(/^message \d+$/gm) ?? [];
    expect(found).toHaveLength(50_000);
    expect(found.at(-1)).toBe("message 49999");
  });

  it("gives the same messages while the file grows", async () => {
    const home = temporaryFolder(`growing-${agent}`);
    const lines = [
      ...sessionLines(
        agent,
        1,
        Array.from({ length: 2000 }, (_, index) => ({ user: `message ${index}` })),
      ),
    ];
    const path = await place(home, agent, 1, `${lines.join("\n")}\n`);
    const { world } = worldOn(home);
    const reader = await readerOf(agent);
    const reading = await reader.read((await refOf(reader, path, world))!, world);
    const seen: Message[] = [];
    for await (const message of reading.messages({ history: "full" })) {
      seen.push(message);
      // A running agent appends: here a whole line again and again, and in the end half of one.
      if (seen.length % 100 === 0) await appendFile(path, `${lines.at(-1)}\n${lines.at(-1)!.slice(0, 20)}`);
    }
    expect(lost(seen)).toEqual([]);
    const again = await collect(reading.messages({ history: "full" }));
    expect(again.map((message) => textsOf(message))).toEqual(seen.map((message) => textsOf(message)));
  });
});

describe("damaged stores of codex", () => {
  const uuid = hostileId(1);

  it("keeps what a torn compressed file still holds, or refuses it", async () => {
    const home = temporaryFolder("zst");
    const whole = zstdCompressSync(
      sessionText(
        "codex",
        1,
        Array.from({ length: 3000 }, (_, index) => ({ user: `message ${index}` })),
      ),
    );
    const path = join(home, storePath("codex", uuid, 1, "jsonl.zst"));
    const neighbour = await place(home, "codex", 2, sessionText("codex", 2));
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      Buffer.from("this is not zstd"),
      Buffer.alloc(0),
    ]) {
      await writeFile(path, bytes);
      const { world } = worldOn(home);
      const reader = await readerOf("codex");
      const listed = await collect(reader.discover(world));
      expect(listed.map((ref) => ref.path)).toContain(neighbour);
      const ref = await refOf(reader, path, world);
      if (ref === undefined) continue;
      const { messages, refused } = await open(reader, ref, world);
      if (refused === undefined) expect(malformations(messages)).toEqual([]);
      else expect(refused).toBe("source-unreadable");
    }
  });

  it("follows two forks that name each other as their beginning without end", async () => {
    const home = temporaryFolder("forks");
    for (const [own, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const base = { thread_id: hostileId(other), end_ordinal_exclusive: 99, end_byte_offset: 9999 };
      const [head = "", ...rest] = sessionLines("codex", own);
      const meta = JSON.parse(head) as { payload: object };
      const forked = { ...meta, payload: { ...meta.payload, history_mode: "paginated", history_base: base } };
      await place(home, "codex", own, `${[JSON.stringify(forked), ...rest].join("\n")}\n`);
    }
    const { world } = worldOn(home);
    const reader = await readerOf("codex");
    const refs = await collect(reader.discover(world));
    expect(refs).toHaveLength(2);
    for (const ref of refs) {
      const { messages, refused } = await open(reader, ref, world);
      if (refused === undefined) expect(lost(messages)).toEqual([]);
    }
  });

  it.each(["corrupt", "locked", "of another schema"])(
    "lists and reads sessions when the index database is %s",
    async (kind) => {
      const home = seedHome(["codex/tui-named-aborted"]);
      const path = join(home, ".codex/state_5.sqlite");
      let holder: DatabaseSync | undefined;
      if (kind === "corrupt") await writeFile(path, "SQLite format 3\0 and then nothing of the kind");
      else holder = new DatabaseSync(path);
      if (kind === "locked") holder?.exec("PRAGMA journal_mode = delete; BEGIN EXCLUSIVE");
      if (kind === "of another schema")
        holder?.exec("DROP TABLE threads; CREATE TABLE threads (id BLOB, rollout_path INTEGER)");
      try {
        const { world } = worldOn(home);
        const reader = await readerOf("codex");
        const [ref] = await collect(reader.discover(world));
        expect(ref?.id).toBe("01a1fc6c-86d4-7942-92b4-40b7698baee5");
        expect((await reader.summarize(ref!, world)).title).toBeTruthy();
        expect((await open(reader, ref!, world)).messages.length).toBeGreaterThan(0);
      } finally {
        holder?.close();
      }
    },
  );
});
