import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sandbox, type Sandbox } from "./cli/harness.ts";
import { fixtureHome } from "./support/home.ts";

const TINY = fileURLToPath(new URL("plugins/casr-provider-tiny", import.meta.url));
/** The session of the fixture `codex/exec-gpt55-edit`. */
const CODEX_SESSION = "01a1fc7a-2e96-7a91-b5d8-5b130475fbff";

async function json<T>(box: Sandbox, ...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await box.casr([...args, "--json"]);
  expect([status, stderr.replaceAll(/^warning: .*\n/gm, "")]).toEqual([0, ""]);
  return JSON.parse(stdout) as T;
}

interface ProviderJson {
  slug: string;
  package: { origin: string };
}
interface ResumeJson {
  target_session_id: string;
  outcome: string;
  verification: { tool_calls: number };
  resume_argv: string[];
}

describe.each([
  ["installed from a folder", ["plugins", "install", `file:${TINY}`], "user"],
  ["linked", ["plugins", "link", TINY], "linked"],
])("a stranger's provider, %s", (_how, command, origin) => {
  it("is one like any other: listed, a source, a target, and gone when uninstalled", async () => {
    const box = await sandbox();
    cpSync(fixtureHome("codex/exec-gpt55-edit"), box.home, { recursive: true });
    const before = await json<ProviderJson[]>(box, "providers");
    expect(before.map(({ slug }) => slug)).not.toContain("tiny");

    const added = await box.casr(command);
    expect([added.status, added.stderr]).toEqual([0, expect.stringContaining("provides Tiny Agent (tiny)")]);
    const providers = await json<ProviderJson[]>(box, "providers");
    expect(providers.find(({ slug }) => slug === "tiny")?.package.origin).toBe(origin);

    const there = await json<ResumeJson>(box, "resume", `codex:${CODEX_SESSION}`, "--to", "tny");
    expect(there).toMatchObject({ outcome: "converted", verification: { tool_calls: 12 } });
    expect(there.resume_argv).toEqual(["tiny-agent", "--continue", there.target_session_id]);
    const listed = await json<{ items: { provider: string; session_id: string }[] }>(box, "list", "--all");
    expect(listed.items).toContainEqual(
      expect.objectContaining({ provider: "tiny", session_id: there.target_session_id }),
    );

    const back = await json<ResumeJson>(box, "claude-code", "resume", `tiny:${there.target_session_id}`);
    expect(back).toMatchObject({ outcome: "converted", verification: { tool_calls: 12 } });

    const removed = await box.casr(["plugins", "uninstall", "casr-provider-tiny"]);
    expect(removed.status).toBe(0);
    const after = await json<ProviderJson[]>(box, "providers");
    expect(after.map(({ slug }) => slug)).not.toContain("tiny");
  });
});
