import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "@oclif/core/config";
import { CasrError, isCasrError, messageOf } from "../../core/errors.ts";
import { objectAt, stringAt } from "../../session/json.ts";
import { listedPlugins } from "./data-folder.ts";
import { keepingPlugins } from "./keep.ts";
import { localManifest, requirePlugin } from "./manifest.ts";
import { installedWord, notInstalled, packageWord } from "./names.ts";
import { registryManifest } from "./npm.ts";

/** What a plugin command needs to know of the run. */
export interface PluginRun {
  /** Folder of casr's package.json. */
  root: string;
  cwd: string;
  home: string;
  json: boolean;
  /** As it was before the command. */
  config: Config;
  /** oclif's own run. */
  oclif(argv: string[]): Promise<unknown>;
}

/** Does what its name says with the words after it; resolves to the names of the plugins it dealt with. */
export type PluginAction = (words: string[], run: PluginRun) => Promise<string[]>;

const isFlag = (word: string): boolean => word.startsWith("-");

/** Looks at what is to be installed before anything is; gives the package's name where it is known. */
async function preflight(word: string, config: Config): Promise<string | undefined> {
  if (word.startsWith("file:")) {
    const manifest = localManifest(word.slice("file:".length));
    requirePlugin(manifest, stringAt(manifest, "name") ?? word);
    return stringAt(manifest, "name");
  }
  const isPackage = !word.includes(":") && (!word.includes("/") || word.startsWith("@"));
  if (!isPackage) return undefined;
  const manifest = await registryManifest(word, config);
  const name = stringAt(manifest, "name");
  requirePlugin(manifest, `${name ?? word} ${stringAt(manifest, "version") ?? ""}`.trim());
  return name;
}

/** Runs plugin-plugins; what it throws becomes an error in casr's terms, but for those about the command line. */
async function delegate(run: PluginRun, argv: string[], what: string): Promise<void> {
  try {
    await run.oclif(["plugins", ...argv]);
  } catch (error) {
    if (isCasrError(error) || (error instanceof Error && "parse" in error)) throw error;
    const [reason = ""] = messageOf(error)
      .replace(/^.*npm-cli\.js (\S+).* exited with code (\d+)$/s, "npm $1 ended with status $2")
      .split("\n", 1);
    const debug = `DEBUG='@oclif/plugin-plugins*' casr plugins ${argv.join(" ")}`;
    throw new CasrError("install-failed", `${what}: ${reason.replace(/\.$/, "")}.`, {
      suggestions: [`Your plugins are as they were before. What npm did: ${debug}`],
      cause: error,
    });
  }
}

const install: PluginAction = async (words, run) => {
  const { config } = run;
  const flags = words.filter(isFlag);
  const wanted = words.filter((word) => !isFlag(word)).map(packageWord);
  const named = await Promise.all(wanted.map((word) => preflight(word, config)));
  const silent = run.json && !flags.includes("--silent") ? ["--silent"] : [];
  const argv = ["install", ...wanted, ...flags, ...silent];
  const what = `${wanted.join(", ")} could not be installed`;
  await keepingPlugins(config.dataDir, () => delegate(run, argv, what));
  const byAddress = listedPlugins(config.dataDir).filter(
    ({ url }) => url !== undefined && wanted.includes(url),
  );
  return [...new Set([...named.filter((name) => name !== undefined), ...byAddress.map(({ name }) => name)])];
};

const link: PluginAction = async (words, run) => {
  const flags = words.filter(isFlag);
  const word = words.find((candidate) => !isFlag(candidate)) ?? ".";
  const folder = resolve(run.cwd, word.replace(/^~(?=[/\\])/, run.home));
  if (!existsSync(folder)) {
    throw new CasrError("usage", `There is no folder ${folder}.`, {
      suggestions: ["casr plugins link <folder of the provider, with its package.json>"],
      context: { folder },
    });
  }
  const manifest = localManifest(folder);
  requirePlugin(manifest, stringAt(manifest, "name") ?? folder);
  // A provider has nothing to install; without this, oclif warns about a missing lockfile.
  const isBare = ["dependencies", "devDependencies"].every((key) => objectAt(manifest, key) === undefined);
  const extra = isBare && !flags.some((flag) => /^--(?:no-)?install$/.test(flag)) ? ["--no-install"] : [];
  await delegate(run, ["link", folder, ...flags, ...extra], `${folder} could not be linked`);
  const real = realpathSync(folder);
  return listedPlugins(run.config.dataDir)
    .filter(({ root }) => root !== undefined && existsSync(root) && realpathSync(root) === real)
    .map(({ name }) => name);
};

const uninstall: PluginAction = async (words, run) => {
  const listed = listedPlugins(run.config.dataDir);
  const installed = listed.map(({ name }) => name);
  const bundled = run.config.getPluginsList().flatMap(({ name, type }) => (type === "core" ? [name] : []));
  const wanted = words
    .filter((word) => !isFlag(word))
    .map((word) => {
      const linked = listed.find(({ root }) => root !== undefined && root === resolve(run.cwd, word));
      return linked?.name ?? installedWord(word, installed);
    });
  const absent = wanted.find((name) => !installed.includes(name));
  if (absent !== undefined) throw notInstalled(absent, installed, bundled);
  const argv = ["uninstall", ...wanted, ...words.filter(isFlag)];
  await delegate(run, argv, `${wanted.join(", ")} could not be removed`);
  return wanted;
};

const update: PluginAction = async (words, run) => {
  const { dataDir } = run.config;
  const mine = listedPlugins(dataDir).filter(({ type }) => type === "user");
  const fromRegistry = mine.filter(({ url }) => url === undefined);
  await Promise.all(
    fromRegistry.map(async ({ name, tag }) => {
      const manifest = await registryManifest(`${name}@${tag ?? "latest"}`, run.config);
      requirePlugin(manifest, `${name} ${stringAt(manifest, "version") ?? ""}`);
    }),
  );
  await keepingPlugins(dataDir, () =>
    delegate(run, ["update", ...words], "The plugins could not be updated"),
  );
  return mine.map(({ name }) => name);
};

/** The plugin commands that change something, by every name they have. */
export const PLUGIN_ACTIONS: Readonly<Record<string, PluginAction>> = {
  install,
  add: install,
  uninstall,
  unlink: uninstall,
  remove: uninstall,
  update,
  link,
};
