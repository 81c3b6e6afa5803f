import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { infoSchema, listSchema, resumeSchema } from "../../src/cli/json/schemas.ts";
import { sandbox, type Sandbox } from "./harness.ts";

/** Genuine session homes, `<agent>/<case>/home`. */
const corpus = process.env["CASR_CORPUS"] ?? fileURLToPath(new URL("../../fixtures", import.meta.url));
const AGENTS = ["claude-code", "codex", "continue", "gemini", "kimi", "qwen"];

async function seed(box: Sandbox, agent: string): Promise<void> {
  for (const name of (await readdir(join(corpus, agent))).sort()) {
    const home = join(corpus, agent, name, "home");
    await cp(home, box.home, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      // A case without a home is a note, not a session.
      if (error.code !== "ENOENT") throw error;
    });
  }
}

describe.each(AGENTS)("genuine %s sessions", (agent) => {
  test("are listed, inspected and planned for every other agent, all by contract", async () => {
    const box = await sandbox();
    await seed(box, agent);
    const listed = await box.casr(["list", "--all", "--limit", "0", "--json"]);
    const list = listSchema.parse(JSON.parse(listed.stdout));
    expect(list).toEqual(JSON.parse(listed.stdout));
    const sessions = list.items.filter((item) => item.provider === agent);
    expect(sessions.length).toBeGreaterThan(0);
    const { session_id: id } = sessions.reduce((a, b) => (b.messages > a.messages ? b : a));

    const info: unknown = JSON.parse(
      (await box.casr(["info", `${agent}:${id}`, "--peek", "3", "--json"])).stdout,
    );
    expect(infoSchema.parse(info)).toEqual(info);
    expect(info).toMatchObject({ session_id: id, provider: agent });

    for (const target of AGENTS) {
      const outcome = await box.casr([target, "resume", `${agent}:${id}`, "--json"]);
      expect(outcome.status).toBe(0);
      const report: unknown = JSON.parse(outcome.stdout);
      expect(resumeSchema.parse(report)).toEqual(report);
      expect(report).toMatchObject({
        outcome: target === agent ? "direct" : "converted",
        target_provider: target,
      });
    }
    const after = listSchema.parse(
      JSON.parse((await box.casr(["list", "--all", "--limit", "0", "--json"])).stdout),
    );
    const marks = after.items.filter((item) => item.lineage?.source_id === id);
    expect(marks.map((item) => item.provider).sort()).toEqual(AGENTS.filter((target) => target !== agent));
  });
});
