import type { Config } from "@oclif/core/interfaces";
import type { Host } from "../core/api.ts";
import { createWorld } from "../core/world.ts";
import { casrFolders, homeFolder, startFolder } from "./folders.ts";
import { isLogged, type LogLevel } from "./log.ts";
import { loadRegistry } from "./registrations.ts";
import { sanitizeLine } from "./render/text.ts";

export interface HostOptions {
  env: Readonly<Record<string, string | undefined>>;
  level: LogLevel;
}

/** The host on this machine: providers from oclif's plugins, folders and world from the environment. */
export async function createHost(config: Config, options: HostOptions): Promise<Host> {
  const { env, level } = options;
  const platform = process.platform;
  const home = homeFolder(env, platform);
  const cwd = startFolder(home);
  return {
    registry: await loadRegistry(config),
    folders: casrFolders(env, home, platform),
    version: config.version,
    world: (warn, signal, onBytes = () => {}) =>
      createWorld({ home, cwd, env, platform, signal, warn, onBytes }),
    log(messageLevel, message) {
      if (isLogged(messageLevel, level)) process.stderr.write(`${messageLevel}: ${sanitizeLine(message)}\n`);
    },
  };
}
