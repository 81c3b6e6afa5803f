import { spawn } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { delimiter, extname, join } from "node:path";
import type { World } from "../provider/world.ts";
import type { Host, Provider, ProviderStatus } from "./api.ts";
import { messageOf } from "./errors.ts";
import { providerFault } from "./faults.ts";

const VERSION_TIMEOUT_MS = 5000;
const VERSION = /\d+\.\d+(?:\.\d+)?(?:[-+][0-9A-Za-z.-]+)?/;

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The first program of one of these names on PATH. */
async function onPath(names: string[], world: World): Promise<string | undefined> {
  const windows = world.platform === "win32";
  const endings = windows ? (world.env["PATHEXT"] ?? ".EXE;.CMD;.BAT").split(";") : [""];
  for (const folder of (world.env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== "")) {
    for (const name of names) {
      const candidates =
        windows && extname(name) === "" ? endings.map((ending) => `${name}${ending}`) : [name];
      for (const candidate of candidates) {
        const path = join(folder, candidate);
        if (await isProgram(path)) return path;
      }
    }
  }
  return undefined;
}

/** The variable a person names another program of an agent with: `CASR_CLAUDE_CODE_BINARY`. */
function binaryVariable(slug: string): string {
  return `CASR_${slug.toUpperCase().replaceAll("-", "_")}_BINARY`;
}

/** The agent's program: what `CASR_<AGENT>_BINARY` names, else the first of its names on PATH. */
export async function findProgram(provider: Provider, world: World): Promise<string | undefined> {
  const named = world.env[binaryVariable(provider.slug)];
  if (named !== undefined && named !== "") return (await isProgram(named)) ? named : undefined;
  return onPath(provider.binary.names, world);
}

/** What the program prints as its version; undefined when it takes too long, fails or prints none. */
export async function versionOf(
  program: string,
  args: string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = AbortSignal.timeout(VERSION_TIMEOUT_MS);
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "ignore"],
      signal: AbortSignal.any([signal, timer]),
      // A batch file cannot be started without a shell on Windows; the arguments are the plugin's constants.
      shell: /\.(cmd|bat)$/i.test(program),
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (output.length < 4096) output += text;
    });
    child.on("error", () => resolve(undefined));
    child.on("close", () => resolve(VERSION.exec(output)?.[0]));
  });
}

/** What of one provider's agent is on this machine. */
export async function statusOf(provider: Provider, world: World): Promise<ProviderStatus> {
  const nothing = { found: false, evidence: [], roots: [] };
  const path = await findProgram(provider, world);
  const version =
    path === undefined ? undefined : await versionOf(path, provider.binary.versionArgs, world.signal);
  const binary =
    path === undefined ? {} : { binary: { path, ...(version === undefined ? {} : { version }) } };
  try {
    const reader = await provider.reader?.();
    const detection = reader === undefined ? nothing : await reader.detect(world);
    return { provider, detection, ...binary };
  } catch (error) {
    return { provider, detection: nothing, ...binary, problem: messageOf(providerFault(provider, error)) };
  }
}

/** For every provider: what of its agent is on this machine. */
export async function providerStatuses(host: Host, signal: AbortSignal): Promise<ProviderStatus[]> {
  const world = host.world(() => {}, signal);
  return Promise.all(host.registry.providers.map((provider) => statusOf(provider, world)));
}
