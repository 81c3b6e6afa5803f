/**
 * What the tests here need from npm besides the repository's own dependencies: a registry server (321
 * packages, which would quadruple `npm ci`) and the oldest supported Nodes. Pinned, installed on demand
 * below `$CASR_TOOLS_DIR` (default `~/.cache/casr-tools`), and kept.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mustRun, plainEnvironment } from "./run.ts";

const SERVER = fileURLToPath(new URL("registry-server", import.meta.url));

function toolsFolder(): string {
  return process.env["CASR_TOOLS_DIR"] ?? join(homedir(), ".cache", "casr-tools");
}

async function npm(args: string[], cwd: string): Promise<void> {
  // On an old Node npm picks older releases and platform packages, so the repository's goes first.
  const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
  await mustRun("npm", [...args, "--no-audit", "--no-fund"], {
    cwd,
    env: { ...plainEnvironment(), PATH: path },
  });
}

/** The start script of Verdaccio, installed by its own lockfile. */
export async function verdaccio(): Promise<string> {
  const lock = await readFile(join(SERVER, "package-lock.json"), "utf8");
  const folder = join(toolsFolder(), "verdaccio");
  const start = join(folder, "node_modules", "verdaccio", "bin", "verdaccio");
  const kept = join(folder, "installed-lock.json");
  if (existsSync(kept) && existsSync(start) && (await readFile(kept, "utf8")) === lock) return start;
  process.stderr.write(`installing the test registry into ${folder}\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(SERVER, folder, { recursive: true });
  await npm(["ci", "--ignore-scripts"], folder);
  await writeFile(kept, lock);
  return start;
}

/** The program of a Node release, from npm's `node` package. */
export async function nodeRelease(version: string): Promise<string> {
  const folder = join(toolsFolder(), `node-${version}`);
  const program = join(folder, "node_modules", "node", "bin", "node");
  if (existsSync(program)) return program;
  process.stderr.write(`installing Node ${version} into ${folder}\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "casr-tool", private: true }));
  // Its install script puts the program in place.
  await npm(["install", "--save-exact", "--foreground-scripts", `node@${version}`], folder);
  return program;
}
