import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { KNOWN_AGENTS, knownAgent } from "../../src/cli/known-agents.ts";
import { missingAgents } from "../../src/cli/missing-agents.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { createWorld } from "../../src/core/world.ts";
import { temporaryFolder, tinyRegistration } from "../support/tiny.ts";
import { root, sandbox } from "./harness.ts";
import type { Registration } from "../../src/provider/registration.ts";

const plugins = fileURLToPath(new URL("../../plugins", import.meta.url));
const bundled = { name: "casr-provider-x", version: "1.0.0", root: "/", origin: "bundled" } as const;

function worldOf(home: string, options: { env?: Record<string, string>; platform?: string } = {}) {
  return createWorld({ home, cwd: home, env: {}, platform: "linux", warn: () => {}, ...options });
}

describe("the table of known agents", () => {
  it("says of every provider in plugins/ what the provider says itself", async () => {
    const folders = (await readdir(plugins)).filter((name) => name.startsWith("casr-provider-"));
    for (const folder of folders) {
      const hook = (await import(pathToFileURL(join(plugins, folder, "src/hook.ts")).href)) as {
        default: () => Registration[];
      };
      const manifest = JSON.parse(await readFile(join(plugins, folder, "package.json"), "utf8")) as object;
      for (const { slug, name, aliases } of hook.default()) {
        const known = KNOWN_AGENTS.find((agent) => agent.slug === slug);
        expect.soft(known, slug).toMatchObject({ slug, name, aliases });
        expect.soft(manifest).toMatchObject({ name: known?.package });
      }
    }
  });

  it("gives no name to two agents", () => {
    const words = KNOWN_AGENTS.flatMap(({ slug, aliases }) => [...new Set([slug, ...aliases])]);
    expect(new Set(words).size).toBe(words.length);
    expect(knownAgent("OPC")?.slug).toBe("opencode");
  });
});

describe("agents without a plugin", () => {
  it("are told with the data found for them, those with data first", async () => {
    const home = await temporaryFolder();
    const threads = join(home, ".local/share/amp/threads");
    await mkdir(threads, { recursive: true });
    for (const name of ["T-1.json", "T-2.json", "T-3.json.amptmp"]) await writeFile(join(threads, name), "");
    await mkdir(join(home, "moved", "session-state", "one"), { recursive: true });
    await writeFile(join(home, ".aider.chat.history.md"), "");
    const world = worldOf(home, { env: { COPILOT_HOME: join(home, "moved") } });
    const registry = createRegistry([{ registration: tinyRegistration("codex"), package: bundled }]);
    const missing = await missingAgents(registry, world);
    expect(missing.slice(0, 4).map(({ agent, evidence }) => [agent.slug, evidence])).toEqual([
      ["copilot", [`1 session in ${join(home, "moved", "session-state")}`]],
      ["amp", [`2 threads in ${threads}`]],
      ["aider", [`${join(home, ".aider.chat.history.md")} exists`]],
      ["claude-code", []],
    ]);
    expect(missing.map(({ agent }) => agent.slug)).not.toContain("codex");
  });

  it("keep their data where the platform does", async () => {
    const home = await temporaryFolder();
    const state = join(home, "Library/Application Support/Cursor/User/globalStorage");
    await mkdir(state, { recursive: true });
    await writeFile(join(state, "state.vscdb"), "");
    const found = async (platform: string): Promise<string[]> =>
      (await missingAgents(createRegistry([]), worldOf(home, { platform }))).flatMap(({ roots }) => roots);
    expect(await found("darwin")).toEqual([join(state, "state.vscdb")]);
    expect(await found("linux")).toEqual([]);
  });

  it("are no reason to fail when a folder is not one", async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, ".local/share/amp"), { recursive: true });
    await writeFile(join(home, ".local/share/amp/threads"), "a file");
    const missing = await missingAgents(createRegistry([]), worldOf(home));
    expect(missing.every(({ evidence }) => evidence.length === 0)).toBe(true);
  });
});

describe("the name of an agent that is not installed", () => {
  const entry = { registration: tinyRegistration("codex", { aliases: ["cod"] }), package: bundled };

  const registry = createRegistry([entry], [], KNOWN_AGENTS);

  it.each(["amp", "AMP", "opc", "cursor"])("%s is answered with the command that installs it", (word) => {
    const install = knownAgent(word)!.package;
    expect(() => registry.get(word)).toThrow(
      expect.objectContaining({
        code: "unknown-provider",
        suggestions: expect.arrayContaining([`Install it: casr plugins install ${install}`]),
        context: expect.objectContaining({ install }),
      }),
    );
  });

  it("is suggested when it is nearly right, and nothing is offered then", () => {
    expect(() => registry.get("cursr")).toThrow(
      expect.objectContaining({
        suggestions: expect.arrayContaining([
          "Did you mean Cursor? It is not installed yet: casr plugins install casr-provider-cursor",
        ]),
        context: expect.not.objectContaining({ install: expect.anything() }),
      }),
    );
  });
});

it("a file nobody recognises may be of an agent whose plugin is not installed", async () => {
  const box = await sandbox();
  await writeFile(join(box.project, "export.json"), '{"id":"T-1","messages":[]}');
  const suggestions = async (): Promise<string[]> => {
    const { stdout, status } = await box.casr(["info", "./export.json", "--json"]);
    expect(status).toBe(3);
    return (JSON.parse(stdout) as { suggestions: string[] }).suggestions;
  };
  expect(await suggestions()).toContain("If it is Amp's: casr plugins install casr-provider-amp");
  await box.link("casr-provider-amp", join(root, "plugins/casr-provider-amp"));
  expect((await suggestions()).join()).not.toContain("Amp");
});
