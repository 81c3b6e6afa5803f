/**
 * Installs the pinned agents: `node test/agents/install.ts`. Each gets a folder of its own below
 * `$CASR_AGENTS_DIR` (default `~/.cache/casr-agents`); what is there in the right version is kept.
 * Needs npm and its registry, nothing else.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { AGENTS } from "./agents/index.ts";
import type { Agent, PinnedPackage } from "./agents/agent.ts";

/** The Node the agents run on. Its own install script puts the binary in place, so scripts are on for it. */
const NODE: PinnedPackage = { folder: "node24", name: "node", version: "24.21.0" };

/** The folder that holds one folder per agent. */
export function agentsDirectory(): string {
  return process.env["CASR_AGENTS_DIR"] ?? join(homedir(), ".cache", "casr-agents");
}

/** The Node the agents run on. */
export function agentsNode(): string {
  return join(agentsDirectory(), NODE.folder, "node_modules/node/bin/node");
}

function packagesOf(agent: Agent): PinnedPackage[] {
  return [agent.package, agent.older?.package, agent.list?.package].filter((one) => one !== undefined);
}

/** Packages that are missing or of another version than the pinned one. */
async function missingPackages(agents: readonly Agent[]): Promise<PinnedPackage[]> {
  const wanted = [NODE, ...agents.flatMap(packagesOf)];
  const missing: PinnedPackage[] = [];
  for (const pinned of wanted) {
    if ((await installedVersion(pinned)) !== pinned.version) missing.push(pinned);
  }
  return missing;
}

async function installedVersion(pinned: PinnedPackage): Promise<string | undefined> {
  const path = join(agentsDirectory(), pinned.folder, "node_modules", pinned.name, "package.json");
  try {
    const { version } = JSON.parse(await readFile(path, "utf8")) as { version?: string };
    return version;
  } catch {
    return undefined;
  }
}

/** Installs what is missing and checks that each agent's program is there. */
export function install(slugs: readonly string[]): Promise<void> {
  return installAgents(AGENTS.filter((agent) => slugs.includes(agent.slug)));
}

/** The same for agents of any version. */
export async function installAgents(agents: readonly Agent[]): Promise<void> {
  for (const pinned of await missingPackages(agents)) await installPackage(pinned);
  for (const agent of agents) {
    for (const own of [agent.package, agent.older?.package]) {
      if (own === undefined) continue;
      for (const file of agent.command(join(agentsDirectory(), own.folder), agentsNode())) {
        if (!existsSync(file)) throw new Error(`${own.name} was installed, but ${file} is missing`);
      }
    }
  }
}

async function installPackage(pinned: PinnedPackage): Promise<void> {
  const folder = join(agentsDirectory(), pinned.folder);
  process.stderr.write(`installing ${pinned.name}@${pinned.version} into ${folder}\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // A package.json of its own keeps npm from walking up to a project around the cache.
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "casr-agent", private: true }));
  const scripts = pinned === NODE ? [] : ["--ignore-scripts"];
  const isLibrary = AGENTS.some(({ list }) => list?.package === pinned);
  // A library that only reads sessions needs no copy of the agent itself.
  if (isLibrary) scripts.push("--omit=optional");
  const spec = `${pinned.name}@${pinned.version}`;
  await npm(["install", ...scripts, "--no-audit", "--no-fund", "--save-exact", spec], folder);
}

/** On an old Node npm picks older releases and platform packages, so ours goes first on PATH once it is there. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  const path = [dirname(agentsNode()), process.env["PATH"] ?? ""].join(delimiter);
  // Inside an npm script npm passes its settings on; a prefix or workspace of the repository must not reach here.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_(prefix|local_prefix|workspace)|package_|lifecycle_)/i.test(name),
  );
  const env = { ...Object.fromEntries(inherited), PATH: path };
  await new Promise<void>((resolve, reject) => {
    const child = spawn("npm", args, { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args.join(" ")} ended with ${code}`)),
    );
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const named = process.argv.slice(2);
  await install(named.length > 0 ? named : AGENTS.map((agent) => agent.slug));
  process.stdout.write(`${agentsDirectory()}\n`);
}
