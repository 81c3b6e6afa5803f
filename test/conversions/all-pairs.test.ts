import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sessionsOf } from "../support/sessions.ts";
import { inspectSession } from "../../src/core/queries.ts";
import { resumeSession } from "../../src/core/resume.ts";
import { sha256 } from "../../src/core/toolkit.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { casesOf, seedHome } from "../support/home.ts";
import { AGENTS } from "../support/readers.ts";

/** Digest and mode of every file below a folder, by relative path; casr's own state is left out. */
function snapshot(folder: string, prefix = ""): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const name = `${prefix}${entry.name}`;
    if (name === ".state" || name === ".cache") continue;
    if (entry.isDirectory()) for (const [key, value] of snapshot(path, `${name}/`)) files.set(key, value);
    else files.set(name, `${sha256(readFileSync(path))} ${statSync(path).mode}`);
  }
  return files;
}

const cases = AGENTS.flatMap((agent) => casesOf(agent).map((name) => `${agent}/${name}`));
const signal = new AbortController().signal;

/** What a target's writer refuses with good reason, as told in its README. */
const REFUSED: ReadonlySet<string> = new Set(["opencode/legacy-json-1.1.65 opencode"]);

describe.each(cases)("every session of %s", (name) => {
  it.each(AGENTS.filter((target) => !REFUSED.has(`${name} ${target}`)))(
    "converts to %s, reads back equal, and changes no other file",
    async (target) => {
      const home = seedHome([name]);
      const host = await bundledHost(home);
      const source = name.split("/")[0]!;
      const warnings: unknown[] = [];
      const found = await sessionsOf(
        host,
        [source],
        host.world((diagnostic) => warnings.push(diagnostic), signal),
      );
      expect(found.length).toBeGreaterThan(0);
      for (const { ref } of found) {
        const before = snapshot(home);
        const fork = source === target;
        const report = await resumeSession(host, resumeOptions(ref.path, target, { fork }));
        expect(report.outcome).toBe("converted");
        expect(report.verification!.blocks).toBeGreaterThan(0);
        expect(report.target.sessionId).toMatch(/^(?:(?:session_)?[0-9a-f-]{36}|ses_[0-9A-Za-z]{26})$/);
        // Who takes no id is told of it in words.
        const last = report.resume.at(-1)!;
        expect([...last.argv, ...(last.note ?? "").split(" ")]).toContain(report.target.sessionId);
        const after = snapshot(home);
        const written = new Set(report.writtenPaths.map((path) => path.slice(home.length + 1)));
        for (const [path, value] of after)
          if (!written.has(path)) expect([path, value]).toEqual([path, before.get(path)]);
        for (const path of before.keys()) expect(after.has(path)).toBe(true);
        const info = await inspectSession(host, {
          session: `${target}:${report.target.sessionId}`,
          peek: 3,
          signal,
        });
        expect(info.header.lineage).toMatchObject({ sourceProvider: source, sourceId: ref.id });
        expect(info.header.workspace).toBe(report.workspace);
        // A database that was there keeps its mode.
        for (const path of report.writtenPaths)
          if (!before.has(path.slice(home.length + 1))) expect(statSync(path).mode & 0o777).toBe(0o600);
      }
    },
  );
});
