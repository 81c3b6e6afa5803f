import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { machine, type Machine, type ProviderJson } from "./machine.ts";
import { ampRelease } from "./plugins.ts";
import { publish, startRegistry, type TestRegistry } from "./registry.ts";
import { run } from "./run.ts";

let registry: TestRegistry;

beforeAll(async () => {
  registry = await startRegistry(join(inject("scratch"), "registry-offer"));
  const packages = join(inject("scratch"), "packages-offer");
  await mkdir(packages, { recursive: true });
  const folder = await ampRelease("1.0.0", join(packages, "amp"));
  await publish(folder, registry.url, join(inject("scratch"), "publisher"));
});
afterAll(() => registry.stop());

/** Types `answer` at a terminal in which casr runs (`script` of util-linux makes the terminal). */
async function atTerminal(user: Machine, command: string, answer: string, env: object = {}): Promise<string> {
  const bin = join(inject("prefix"), "bin");
  const own = {
    HOME: user.home,
    PATH: [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    npm_config_registry: registry.url,
    TERM: "xterm",
    NO_COLOR: "1",
    ...env,
  };
  const typed = `(sleep 1; printf '${answer}'; sleep 5) | script -qec '${command}' /dev/null`;
  return (await run("sh", ["-c", typed], { cwd: user.home, env: own })).stdout;
}

async function hasAmp(user: Machine): Promise<boolean> {
  const providers = await user.json<ProviderJson[]>("providers");
  return providers.some(({ slug, package: { origin } }) => slug === "amp" && origin === "user");
}

describe.runIf(existsSync("/usr/bin/script"))("at a terminal, an agent that is not installed", () => {
  it("is installed after a yes, and the command goes on", async () => {
    const user = await machine(registry.url);
    const screen = await atTerminal(user, "casr list --all --provider amp", "y\\n");
    expect(screen).toContain("The provider for Amp is not installed");
    expect(screen).toMatch(/Install casr-provider-amp now, from the npm registry\? \[y\/N\]/);
    expect(screen).toContain("casr-provider-amp 1.0.0 provides");
    expect(screen.slice(screen.indexOf("provides"))).toMatch(/No sessions/i);
    expect(await hasAmp(user)).toBe(true);
  });

  it.each([
    ["a no", "n\\n", {}],
    ["nothing but Enter", "\\n", {}],
    ["Ctrl-C", "\\003", {}],
    ["end of input", "\\004", {}],
  ])("is not installed after %s", async (_what, answer, env) => {
    const user = await machine(registry.url);
    const screen = await atTerminal(user, "casr list --all --provider amp", answer, env);
    expect(screen).toContain("[y/N]");
    expect(await hasAmp(user)).toBe(false);
  });

  it.each([
    ["with --json", "casr list --all --provider amp --json", {}],
    ["in CI", "casr list --all --provider amp", { CI: "true" }],
    ["when the output goes elsewhere", "casr list --all --provider amp | cat", {}],
    ["when the input comes from elsewhere", "casr list --all --provider amp </dev/null", {}],
  ])("is not asked about %s", async (_what, command, env) => {
    const user = await machine(registry.url);
    expect(await atTerminal(user, command, "y\\n", env)).not.toContain("[y/N]");
    expect(await hasAmp(user)).toBe(false);
  });
});
