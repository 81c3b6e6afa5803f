import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "@oclif/core/interfaces";
import type { Host } from "../core/api.ts";
import { CasrError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

/** A plugin to be checked: installed, or just a folder. */
export interface PluginPackage {
  name: string;
  version: string;
  root: string;
  installed: boolean;
}

interface Place {
  cwd: string;
  home: string;
}

function looksLikePath(word: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\]|~(?:[/\\]|$)|[A-Za-z]:[/\\])/.test(word);
}

/** The plugin in a folder. Throws `usage` when there is no such folder. */
function inFolder(word: string, { cwd, home }: Place): PluginPackage {
  const root = /^~(?:[/\\]|$)/.test(word) ? join(home, word.slice(1)) : resolve(cwd, word);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new CasrError("usage", `There is no folder ${root}.`, {
      suggestions: ["Name an installed plugin or a folder: casr providers check ./casr-provider-x"],
    });
  }
  let manifest: Record<string, unknown> | null = null;
  try {
    manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as typeof manifest;
  } catch {
    // The checks say what is wrong with it.
  }
  const name = manifest?.["name"];
  const version = manifest?.["version"];
  return {
    name: typeof name === "string" ? name : root,
    version: typeof version === "string" ? version : "?",
    root,
    installed: false,
  };
}

/**
 * The plugin a person means: a folder, the name of an installed plugin with or without `casr-provider-`, or an
 * agent's slug or alias. Throws `unknown-provider` with near names.
 */
export function findPluginPackage(word: string, config: Config, host: Host, place: Place): PluginPackage {
  if (looksLikePath(word)) return inFolder(word, place);
  const provider = host.registry.find(word);
  const names = [word, `casr-provider-${word}`, ...(provider === undefined ? [] : [provider.package.name])];
  const found = names.map((name) => config.plugins.get(name)).find((plugin) => plugin !== undefined);
  if (found !== undefined) {
    const { name, version, root } = found;
    return { name, version, root, installed: true };
  }
  if (existsSync(join(resolve(place.cwd, word), "package.json"))) return inFolder(word, place);
  const providers = host.registry.providers.flatMap(({ slug, aliases }) => [slug, ...aliases]);
  const near = nearest(word, [...providers, ...config.plugins.keys()]);
  throw new CasrError("unknown-provider", `No plugin is called "${word}", and it is no folder.`, {
    suggestions: [
      ...near.map((name) => `casr providers check ${name}`),
      "See what is installed: casr plugins",
      "A folder: casr providers check ./casr-provider-x",
    ],
    context: { word, near },
  });
}
