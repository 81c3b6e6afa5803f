import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bigSession } from "../bench/stores.ts";
import { casr, casrWithMounts, filesOf, hasNamespaces, jsonOf, quoted, scratchHome } from "./machine.ts";

const MB = 1024 * 1024;
const never = new AbortController().signal;
const LIST = ["list", "--all", "--limit", "0", "--json"];

describe.skipIf(!hasNamespaces)("a disk that cannot be written (needs user namespaces)", () => {
  test("a store on a read-only file system is listed and converted from", async () => {
    const home = scratchHome();
    const { word } = await bigSession(home, "claude-code", MB, never);
    const store = quoted(join(home, ".claude"));
    const setup = `mount --bind ${store} ${store}; mount -o remount,ro,bind ${store}`;
    const listed = await casrWithMounts(home, setup, LIST);
    expect(listed).toMatchObject({ status: 0, stderr: "" });
    expect(jsonOf(listed)["items"]).toHaveLength(1);
    const converted = await casrWithMounts(home, setup, ["resume", word, "--to", "codex", "--json"]);
    expect(converted).toMatchObject({ status: 0, stderr: "" });
  });

  test("a target store on a read-only file system is refused, and nothing is left", async () => {
    const home = scratchHome();
    const { word } = await bigSession(home, "claude-code", MB, never);
    mkdirSync(join(home, ".codex"));
    const before = await filesOf(home);
    const store = quoted(join(home, ".codex"));
    const setup = `mount --bind ${store} ${store}; mount -o remount,ro,bind ${store}`;
    const outcome = await casrWithMounts(home, setup, ["resume", word, "--to", "codex", "--json"]);
    expect(outcome.status).toBe(9);
    expect(jsonOf(outcome)).toMatchObject({ ok: false, code: "write-failed" });
    expect(String(jsonOf(outcome)["message"])).toMatch(/read-only/i);
    expect(await filesOf(home)).toEqual(before);
  });

  test("a whole home on a read-only file system can be listed; the index is gone without", async () => {
    const home = scratchHome();
    await bigSession(home, "claude-code", MB, never);
    const setup = `mount --bind ${quoted(home)} ${quoted(home)}; mount -o remount,ro,bind ${quoted(home)}`;
    const listed = await casrWithMounts(home, setup, LIST);
    expect(listed.status).toBe(0);
    const { items, warnings } = jsonOf(listed) as { items: unknown[]; warnings: string[] };
    expect(items).toHaveLength(1);
    expect(warnings.join("\n")).toMatch(/index is not used/);
  });

  test("a target store on a full disk ends with status 9, and everything is undone", async () => {
    const home = scratchHome();
    const { word } = await bigSession(home, "claude-code", 20 * MB, never);
    mkdirSync(join(home, ".codex"));
    const before = await filesOf(home);
    // What is left on the small disk afterwards is told on stderr: it is gone with the run.
    const small = quoted(join(home, ".codex"));
    const setup = `mount -t tmpfs -o size=4m tmpfs ${small}; set -- sh -c '"$@"; code=$?; find ${small.replaceAll("'", "")} -type f >&2; exit $code' sh "$@"`;
    const outcome = await casrWithMounts(home, setup, ["resume", word, "--to", "codex", "--json"]);
    expect(outcome.status).toBe(9);
    expect(jsonOf(outcome)).toMatchObject({ ok: false, code: "write-failed" });
    expect(String(jsonOf(outcome)["message"])).toMatch(/no space left|full|ENOSPC/i);
    expect(outcome.stderr).toBe("");
    expect(await filesOf(home)).toEqual(before);
  });

  test("an index on a full disk is gone without, with a warning", async () => {
    const home = scratchHome();
    await bigSession(home, "claude-code", MB, never);
    const cache = join(home, "casr-cache");
    mkdirSync(cache);
    const setup = `mount -t tmpfs -o size=4k tmpfs ${quoted(cache)}; head -c 4096 /dev/zero > ${quoted(join(cache, "full"))} || true`;
    const listed = await casrWithMounts(home, setup, LIST);
    expect(listed.status).toBe(0);
    const { items, warnings } = jsonOf(listed) as { items: unknown[]; warnings: string[] };
    expect(items).toHaveLength(1);
    expect(warnings.join("\n")).toContain("index");
  });

  test.skipIf(process.getuid?.() !== 0)(
    "a cache folder that belongs to somebody else is gone without, with a warning (needs root)",
    async () => {
      const home = scratchHome();
      await bigSession(home, "claude-code", MB, never);
      const cache = join(home, "casr-cache");
      mkdirSync(cache);
      chownSync(cache, 65_533, 65_533);
      chmodSync(cache, 0o700);
      // In the namespace only root has a name: the folder is a stranger's there, even for root.
      const listed = await casrWithMounts(home, "true", LIST);
      expect(listed.status).toBe(0);
      const { items, warnings } = jsonOf(listed) as { items: unknown[]; warnings: string[] };
      expect(items).toHaveLength(1);
      expect(warnings.join("\n")).toContain("index");
    },
  );
});

test("a file where the cache folder should be is gone around, with a warning", async () => {
  const home = scratchHome();
  await bigSession(home, "claude-code", MB, never);
  writeFileSync(join(home, "casr-cache"), "not a folder");
  const listed = await casr(home, LIST);
  expect(listed.status).toBe(0);
  const { items, warnings } = jsonOf(listed) as { items: unknown[]; warnings: string[] };
  expect(items).toHaveLength(1);
  expect(warnings.join("\n")).toContain("index");
  expect(existsSync(join(home, ".codex"))).toBe(false);
});
