import type { World } from "casr-cli/provider";
import { isObject, parseJson, stringOf } from "./json.ts";
import { builtAt, VERSION } from "./native.ts";
import { pathsOf, usualFolder } from "./paths.ts";

/**
 * How the Amp of this machine keeps threads: in `files`, on its `server` (and files are ignored), or `unknown`,
 * where no trace of a version is found.
 */
export interface Installed {
  keeps: "files" | "server" | "unknown";
  version?: string;
}

/** The last version seen to continue a thread from its file (27 March 2026). */
const LAST_WITH_FILES = 1_774_569_934;
/** The first version seen to ask the server alone (5 April 2026), taken at the beginning of that day. */
const FIRST_WITHOUT_FILES = 1_775_347_200;

const PACKAGES = /^(?:@sourcegraph\/amp|@ampcode\/cli(?:-[a-z0-9-]+)?)$/;

/** What a version, as Amp prints it, says. */
export function eraOf(version: string): Installed {
  const built = builtAt(version);
  if (built === undefined) return { keeps: "unknown" };
  const keeps =
    built <= LAST_WITH_FILES ? "files" : built >= FIRST_WITHOUT_FILES ? "server" : ("unknown" as const);
  return { keeps, version };
}

/**
 * Looks for the Amp that would be started: the program on the PATH, else in Amp's own folders; its package or
 * the path it is a link to names the version. Without one, the list of imports only newer versions write.
 */
export async function installed(world: World): Promise<Installed> {
  const program = await findProgram(world);
  if (program !== undefined) {
    const found = await versionOf(program, world);
    if (found !== undefined) return eraOf(found);
  }
  const imports = pathsOf(world).join(usualFolder(world), "thread-imports.json");
  if ((await world.files.stat(imports))?.kind === "file") return { keeps: "server" };
  return { keeps: "unknown" };
}

async function findProgram(world: World): Promise<string | undefined> {
  const { delimiter, join } = pathsOf(world);
  const windows = world.platform === "win32";
  const names = windows ? ["amp.exe", "amp.cmd", "amp.bat"] : ["amp"];
  const own = world.env["AMP_HOME"] || join(world.home, ".amp");
  const path = world.env["PATH"] ?? world.env["Path"] ?? "";
  const folders = [...path.split(delimiter), join(own, "bin"), join(world.home, ".local", "bin")];
  for (const folder of folders) {
    if (!pathsOf(world).isAbsolute(folder)) continue;
    for (const name of names) {
      const file = join(folder, name);
      if ((await quietly(world.files.stat(file)))?.kind === "file") return file;
    }
  }
  return undefined;
}

/** How far above a program its package.json may be. */
const LEVELS = 4;

async function versionOf(program: string, world: World): Promise<string | undefined> {
  const { dirname, join } = pathsOf(world);
  const real = (await quietly(world.files.realpath(program))) ?? program;
  let folder = dirname(real);
  for (let level = 0; level < LEVELS; level += 1, folder = dirname(folder)) {
    const found = await packageVersion(join(folder, "package.json"), world);
    if (found !== undefined) return found;
  }
  // npm on Windows puts a script beside the folder of packages; other package managers name the version in the path.
  for (const name of ["@sourcegraph/amp", "@ampcode/cli"]) {
    const found = await packageVersion(join(dirname(program), "node_modules", name, "package.json"), world);
    if (found !== undefined) return found;
  }
  return VERSION.exec(real)?.[0];
}

async function packageVersion(path: string, world: World): Promise<string | undefined> {
  const text = await quietly(world.files.readText(path));
  const manifest = text === undefined ? undefined : parseJson(text);
  if (!isObject(manifest) || !PACKAGES.test(stringOf(manifest, "name") ?? "")) return undefined;
  return stringOf(manifest, "version");
}

/** A folder on the PATH that may not be looked into holds no program that could be started. */
async function quietly<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch {
    return undefined;
  }
}
