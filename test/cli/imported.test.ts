import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { resumeSchema } from "../../src/cli/json/schemas.ts";
import { model, person, sandbox } from "./harness.ts";

const AMP = fileURLToPath(new URL("../../plugins/casr-provider-amp", import.meta.url));

test("a copy that the target imports is told apart from a session of its own", async () => {
  const box = await sandbox();
  await box.link("casr-provider-amp", AMP);
  const session = await box.session("one", {}, [
    person("Fix it."),
    model("Done."),
    person("All?"),
    model("All."),
  ]);
  const run = async (...words: string[]): Promise<string> => {
    const { stdout, stderr } = await box.casr(["amp", "resume", session, ...words]);
    expect(stderr).toBe("");
    return stdout;
  };
  const form = async (...words: string[]): Promise<string> =>
    resumeSchema.parse(JSON.parse(await run("--json", ...words))).target_form;
  const told = "a copy for Amp to import, no session of its own";

  // No trace of a version: a thread of Amp's own is written, too.
  expect(await form("--dry-run")).toBe("native");
  expect(await run("--dry-run")).not.toContain(told);

  // Only an Amp that keeps its threads on its server writes this file.
  const data = join(box.home, "xdg-data", "amp");
  await mkdir(data, { recursive: true });
  await writeFile(join(data, "thread-imports.json"), "{}");
  expect(await form("--dry-run")).toBe("import");
  expect(await run("--dry-run")).toContain(told);
  const written = await run();
  expect(written).toMatch(/^Wrote +a copy for Amp to import, no session of its own: T-/m);
  expect(written.trimEnd().split("\n").at(-1)).toContain("amp threads import claude --claude-dir ");
  expect(await run()).toContain(`There already  ${told}`);
  expect(await form()).toBe("import");
});
