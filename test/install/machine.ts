import { cp, mkdir, mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject } from "vitest";
import { run, type Outcome } from "./run.ts";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));

/** A person's machine: a home, a casr from npm, a registry to install plugins from. */
export interface Machine {
  home: string;
  /** casr's folder for plugins. */
  data: string;
  casr(args: string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<Outcome>;
  /** Runs casr, expects status 0, and gives its stdout as JSON. */
  json<T>(...args: string[]): Promise<T>;
}

/** What one of `casr providers --json` is looked at for. */
export interface ProviderJson {
  slug: string;
  evidence: string[];
  package: { name: string; version: string | null; origin: string };
  install_command: string | null;
}

/** A machine with an empty home but for the recorded sessions named (`codex/exec-gpt55-edit`). */
export async function machine(registry: string, sessions: string[] = []): Promise<Machine> {
  const home = await mkdtemp(join(inject("scratch"), "home-"));
  for (const name of sessions) await cp(join(fixtures, name, "home"), home, { recursive: true });
  const work = join(home, "work");
  await mkdir(work);
  const casr: Machine["casr"] = (args, { cwd = work, env = {} } = {}) => {
    const bin = join(inject("prefix"), "bin");
    const path = [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(":");
    // npm's cache is in the home, so nothing comes from anywhere but the registry.
    const own = { HOME: home, PATH: path, npm_config_registry: registry, NO_COLOR: "1", TZ: "UTC" };
    return run(join(bin, "casr"), args, { cwd, env: { ...own, ...env } });
  };
  return {
    home,
    data: join(home, ".local/share/casr"),
    casr,
    async json<T>(...args: string[]): Promise<T> {
      const outcome = await casr([...args, "--json"]);
      expect([outcome.status, outcome.stderr]).toEqual([0, ""]);
      return JSON.parse(outcome.stdout) as T;
    },
  };
}
