import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { machine, type Machine, type ProviderJson } from "./machine.ts";
import { ampRelease, BUNDLED, LIBRARIES, ownPlugin, tinyAs } from "./plugins.ts";
import { packageCopy, publish, startRegistry, type TestRegistry } from "./registry.ts";
import { mustRun } from "./run.ts";

/** The session of the fixture `codex/exec-gpt55-edit`. */
const CODEX_SESSION = "codex:01a1fc7a-2e96-7a91-b5d8-5b130475fbff";

let registry: TestRegistry;
const packages = (): string => join(inject("scratch"), "packages");

async function release(folder: string): Promise<void> {
  await publish(folder, registry.url, join(inject("scratch"), "publisher"));
}

async function provider(on: Machine, slug: string): Promise<ProviderJson> {
  const all = await on.json<ProviderJson[]>("providers");
  return all.find((candidate) => candidate.slug === slug)!;
}

beforeAll(async () => {
  registry = await startRegistry(join(inject("scratch"), "registry"));
  await mkdir(packages(), { recursive: true });
  // As a release would: every workspace, as it is.
  for (const folder of LIBRARIES)
    await release(await packageCopy(folder, join(packages(), basename(folder))));
  for (const slug of BUNDLED) await release(await packageCopy(ownPlugin(slug), join(packages(), slug)));
  await release(await ampRelease("1.0.0", join(packages(), "amp")));
});
afterAll(() => registry.stop());

describe.each([
  ["casr-provider-amp", "casr-provider-amp"],
  ["amp", "amp"],
])("casr plugins install %s", (word, removal) => {
  it("brings an agent that is a source and a target like any other, until it is uninstalled", async () => {
    const user = await machine(registry.url, ["codex/exec-gpt55-edit"]);
    expect(await provider(user, "amp")).toMatchObject({
      package: { name: "casr-provider-amp", version: null, origin: "missing" },
      install_command: "casr plugins install casr-provider-amp",
    });
    const refused = await user.casr(["amp", "resume", CODEX_SESSION]);
    expect([refused.status, refused.stderr]).toEqual([
      5,
      expect.stringContaining("casr plugins install casr-provider-amp"),
    ]);

    const installed = await user.casr(["plugins", "install", word]);
    expect([installed.status, installed.stderr]).toEqual([
      0,
      expect.stringMatching(/casr-provider-amp 1\.0\.0 provides .*\(amp\)/),
    ]);
    expect((await provider(user, "amp")).package).toMatchObject({ version: "1.0.0", origin: "user" });

    const made = await user.json<{ outcome: string; target_session_id: string }>(
      "amp",
      "resume",
      CODEX_SESSION,
    );
    expect(made.outcome).toBe("converted");
    const listed = await user.json<{ items: { provider: string; session_id: string }[] }>(
      "list",
      "--all",
      "--provider",
      "amp",
    );
    expect(listed.items.map(({ session_id }) => session_id)).toContain(made.target_session_id);
    const back = await user.json<{ outcome: string }>("cc", "resume", `amp:${made.target_session_id}`);
    expect(back.outcome).toBe("converted");

    const removed = await user.casr(["plugins", "uninstall", removal]);
    expect([removed.status, removed.stderr]).toEqual([
      0,
      expect.stringContaining("casr-provider-amp is removed"),
    ]);
    expect((await provider(user, "amp")).package.origin).toBe("missing");
  });
});

describe("casr plugins update", () => {
  it("takes the newest release; a version that was asked for stays", async () => {
    const [newest, pinned] = [await machine(registry.url), await machine(registry.url)];
    expect((await newest.casr(["plugins", "install", "amp"])).status).toBe(0);
    expect((await pinned.casr(["plugins", "install", "amp@1.0.0"])).status).toBe(0);
    await release(await ampRelease("1.1.0", join(packages(), "amp")));

    const updated = await newest.casr(["plugins", "update"]);
    expect([updated.status, updated.stderr]).toEqual([
      0,
      expect.stringContaining("casr-provider-amp 1.0.0 -> 1.1.0"),
    ]);
    expect((await provider(newest, "amp")).package.version).toBe("1.1.0");
    expect((await newest.casr(["plugins", "update"])).stderr).toContain("stays at 1.1.0, the newest");

    const kept = await pinned.casr(["plugins", "update", "--json"]);
    expect(JSON.parse(kept.stdout)).toMatchObject({
      ok: true,
      plugins: [
        { name: "casr-provider-amp", version: "1.0.0", message: expect.stringContaining("as asked for") },
      ],
    });
    expect((await provider(pinned, "amp")).package.version).toBe("1.0.0");
  });

  it("has nothing to do where nothing is installed", async () => {
    const user = await machine(registry.url);
    const outcome = await user.casr(["plugins", "update"]);
    expect([outcome.status, outcome.stderr]).toEqual([
      0,
      expect.stringContaining("no installed plugins to update"),
    ]);
  });
});

describe("a newer release of a bundled provider", () => {
  it("takes its place, also by its alias, and gives it back when uninstalled", async () => {
    const user = await machine(registry.url, ["codex/exec-gpt55-edit"]);
    const bundled = await provider(user, "codex");
    expect(bundled.package).toMatchObject({ name: "casr-provider-codex", origin: "bundled" });
    await release(await packageCopy(ownPlugin("codex"), join(packages(), "codex-9"), { version: "9.0.0" }));

    expect((await user.casr(["plugins", "install", "cod"])).status).toBe(0);
    expect((await provider(user, "codex")).package).toMatchObject({ version: "9.0.0", origin: "user" });
    const made = await user.json<{ outcome: string }>("cc", "resume", CODEX_SESSION);
    expect(made.outcome).toBe("converted");

    const removed = await user.casr(["plugins", "uninstall", "codex"]);
    expect([removed.status, removed.stderr]).toEqual([
      0,
      expect.stringContaining(`(${bundled.package.version}) is used again`),
    ]);
    expect(await provider(user, "codex")).toEqual(bundled);

    const again = await user.casr(["plugins", "uninstall", "codex"]);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("part of casr itself")]);
  });
});

describe("a provider on a store it shares", () => {
  it("brings what it shares, and leaves what the bundled ones are built on alone", async () => {
    const user = await machine(registry.url, ["codex/exec-gpt55-edit", "opencode/rich-git"]);
    const folder = await packageCopy(ownPlugin("kilo-code"), join(packages(), "kilo-code-9"), {
      version: "9.0.0",
    });
    await release(folder);
    const installed = await user.casr(["plugins", "install", "kilo-code"]);
    expect([installed.status, installed.stderr]).toEqual([
      0,
      expect.stringContaining("casr-provider-kilo-code 9.0.0 provides"),
    ]);
    expect((await provider(user, "kilo-code")).package).toMatchObject({ version: "9.0.0", origin: "user" });
    const made = await user.json<{ outcome: string; target_session_id: string }>(
      "kilo-code",
      "resume",
      CODEX_SESSION,
    );
    expect(made.outcome).toBe("converted");
    const there = await user.json<{ items: { provider: string }[] }>("list", "--all");
    expect(there.items.map((item) => item.provider).toSorted()).toEqual(["codex", "kilo-code", "opencode"]);
    const back = await user.json<{ outcome: string }>("opc", "resume", `kilo-code:${made.target_session_id}`);
    expect(back.outcome).toBe("converted");
  });
});

describe("a provider that is not in a registry", () => {
  it.each([
    ["a tarball", "./casr-provider-x-1.0.0.tgz", "user"],
    ["a folder", "./x", "user"],
    ["a folder without ./", "sub/x", "user"],
  ])("is installed from %s typed naturally", async (_what, word, origin) => {
    const user = await machine(registry.url);
    const cwd = join(user.home, "downloads");
    await mkdir(join(cwd, "sub"), { recursive: true });
    const folder = await tinyAs("x", join(cwd, "x"));
    await tinyAs("x", join(cwd, "sub", "x"));
    await mustRun("npm", ["pack", "--silent", "--pack-destination", cwd], { cwd: folder, env: process.env });
    const outcome = await user.casr(["plugins", "install", word], { cwd });
    expect([outcome.status, outcome.stderr]).toEqual([0, expect.stringContaining("provides Tiny x (x)")]);
    expect((await provider(user, "x")).package).toMatchObject({ name: "casr-provider-x", origin });
    expect((await user.casr(["plugins", "uninstall", "x"])).status).toBe(0);
    expect(await provider(user, "x")).toBeUndefined();
  });

  it("is linked from a checkout, goes before an installed one, and follows changes at once", async () => {
    const user = await machine(registry.url);
    expect((await user.casr(["plugins", "install", "amp"])).status).toBe(0);
    const folder = await ampRelease("3.0.0-dev", join(user.home, "checkout"));
    const linked = await user.casr(["plugins", "link", "checkout"], { cwd: user.home });
    expect([linked.status, linked.stderr]).toEqual([
      0,
      expect.stringContaining("casr-provider-amp 3.0.0-dev provides"),
    ]);
    expect((await provider(user, "amp")).package).toMatchObject({ version: "3.0.0-dev", origin: "linked" });
    await ampRelease("3.0.1-dev", folder);
    expect((await provider(user, "amp")).package.version).toBe("3.0.1-dev");
    expect((await user.casr(["plugins", "unlink", "amp"])).status).toBe(0);
    const manifest = await readFile(join(folder, "package.json"), "utf8");
    expect(manifest).toContain("3.0.1-dev");
  });
});
