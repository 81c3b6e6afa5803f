import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sandbox } from "../../cli/harness.ts";
import { fixtureHome } from "../../support/home.ts";

interface Listed {
  items: { session_id: string; messages: number }[];
  warnings: string[];
}

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

test("several casr at once make and use one index", { timeout: 120_000 }, async () => {
  const box = await sandbox();
  const recorded = join(fixtureHome("claude-code/rich-headless"), ".claude", "projects");
  const source = readdirSync(recorded, { recursive: true, encoding: "utf8" }).find((name) =>
    /^[^/]+\/[0-9a-f-]{36}\.jsonl$/.test(name),
  )!;
  const folder = join(box.home, ".claude", "projects", "-home-dev");
  const file = (number: number): string => join(folder, `${idOf(number)}.jsonl`);
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < 30; number += 1) copyFileSync(join(recorded, source), file(number));
  const list = async (): Promise<Listed> => {
    const { status, stdout, stderr } = await box.casr(["list", "--all", "--limit", "0", "--json"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return JSON.parse(stdout) as Listed;
  };
  const together = await Promise.all(Array.from({ length: 5 }, list));
  for (const one of together) {
    expect(one.items).toHaveLength(30);
    expect(one.items[0]!.messages).toBeGreaterThan(2);
    expect(one.warnings).toEqual([]);
    expect(one.items).toEqual(together[0]!.items);
  }
  expect(existsSync(join(box.home, "casr-cache", "sessions.sqlite"))).toBe(true);
  rmSync(file(3));
  copyFileSync(join(recorded, source), file(30));
  const rebuilding = box.casr(["index", "--rebuild", "--json"]);
  for (const { items } of await Promise.all([list(), list()])) {
    const ids = items.map((item) => item.session_id);
    expect(ids).toHaveLength(30);
    expect(ids).toContain(idOf(30));
    expect(ids).not.toContain(idOf(3));
  }
  const report = JSON.parse((await rebuilding).stdout) as { sessions: number };
  expect(report.sessions).toBe(30);
});
