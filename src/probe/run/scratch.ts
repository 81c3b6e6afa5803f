import { chmod, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cover } from "./isolation.ts";

const PREFIX = "probe-";

/** A machine for one agent: a home, a workspace in it, and what casr keeps beside it. */
export interface Scratch {
  root: string;
  home: string;
  workspace: string;
  temporary: string;
  state: string;
  stage: string;
  remove(): Promise<void>;
}

/** Makes a scratch machine below `folder`, and removes those that a killed casr left there. */
export async function makeScratch(folder: string): Promise<Scratch> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await sweep(folder);
  const root = await mkdtemp(join(folder, `${PREFIX}${process.pid}-`));
  await chmod(root, 0o700);
  const home = join(root, "home");
  const scratch = {
    root,
    home,
    workspace: join(home, "project"),
    temporary: join(root, "tmp"),
    state: join(root, "state"),
    stage: join(root, "stage"),
  };
  for (const path of [home, scratch.workspace, scratch.temporary, scratch.stage]) await mkdir(path);
  return { ...scratch, remove: () => remove(root) };
}

/** Programs that were just killed may still hold or write files for a moment. */
function remove(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await remove(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Covers that hide a person's home, and other programs' temporary files, but for what the probe needs to run: of
 * `needed` (absolute paths), the folder directly below the covered one is kept.
 */
export async function coversFor(home: string, needed: readonly string[]): Promise<Cover[]> {
  const covers: Cover[] = [];
  for (const { path, mode } of [
    { path: "/tmp", mode: "1777" },
    { path: home, mode: "755" },
  ]) {
    if (path === sep || !(await isFolder(path))) continue;
    const kept = new Set<string>();
    for (const file of needed) {
      const [first] = relative(path, file).split(sep);
      if (first !== undefined && first !== "" && first !== "..") kept.add(join(path, first));
    }
    const keep: Cover["keep"] = [];
    for (const entry of kept) if (await isFolder(entry)) keep.push({ from: entry, to: entry });
    covers.push({ path, keep, mode });
  }
  return covers;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** casr itself, whose code runs inside too. */
const OWN_ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** What a program needs to be seen: itself, the packages around it, what PATH names, casr and its Node. */
export function neededPaths(programs: readonly string[], path: string, root: string): string[] {
  const modules = programs.map((program) => {
    const at = program.indexOf(`${sep}node_modules${sep}`);
    return at === -1 ? dirname(program) : program.slice(0, at);
  });
  const onPath = path.split(":").filter((folder) => folder.startsWith(sep) && basename(folder) !== "");
  return [root, OWN_ROOT, process.execPath, ...programs, ...modules, ...onPath];
}
