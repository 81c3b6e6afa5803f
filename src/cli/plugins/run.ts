import { Config } from "@oclif/core/config";
import { ERROR_CODES } from "../../core/errors.ts";
import { wantsJson } from "../argv.ts";
import { writeJson, writeNotes } from "../output.ts";
import { renderWarning } from "../render/failure.ts";
import { createStyle, wantsColor } from "../render/style.ts";
import { sanitizeLine } from "../render/text.ts";
import { PLUGIN_ACTIONS, type PluginRun } from "./actions.ts";
import { listedPlugins, prepareDataFolder, versionIn, type ListedPlugin } from "./data-folder.ts";
import { packageWord } from "./names.ts";
import { hurryNpm } from "./npm.ts";
import { resolvePluginPaths } from "./paths.ts";
import { tryOut } from "./try-out.ts";
import type { PluginVerdict } from "./verdict.ts";

/** Says what an update did to a plugin. */
function withChange(
  verdict: PluginVerdict,
  before: string | undefined,
  tag: string | undefined,
): PluginVerdict {
  const { name, version } = verdict;
  if (!verdict.ok || version === undefined) return verdict;
  if (before !== version) return { ...verdict, message: `${name} ${before ?? "?"} -> ${version}` };
  const isPinned = tag !== undefined && /^\d/.test(tag);
  const newest = isPinned ? ` as asked for; the newest: casr plugins install ${name}` : ", the newest";
  return { ...verdict, message: `${name} stays at ${version}${newest}` };
}

/** What is there instead of what was removed. */
function removal(name: string, config: Config): PluginVerdict {
  const plugin = config.plugins.get(name);
  const instead =
    plugin === undefined ? "" : `; the one that comes with casr (${plugin.version}) is used again`;
  return { name, ok: true, message: `${name} is removed${instead}`, providers: [] };
}

function tell(action: string, verdicts: PluginVerdict[], json: boolean): number {
  const ok = verdicts.every((verdict) => verdict.ok);
  if (json) {
    const plugins = verdicts.map(({ version = null, ...verdict }) => ({ ...verdict, version }));
    writeJson({ schema_version: 2, ok, action, plugins });
  } else {
    const style = createStyle(wantsColor(process.stderr.isTTY, process.env));
    for (const { ok: isGood, message } of verdicts) {
      process.stderr.write(isGood ? `${sanitizeLine(message)}\n` : renderWarning(message, style));
    }
  }
  return ok ? 0 : ERROR_CODES["provider-fault"];
}

/**
 * Runs `plugins …`: short names and paths become what plugin-plugins understands, what is to be installed is
 * looked at first, and afterwards each plugin is tried. Resolves to the exit status.
 */
export async function runPlugins(
  argv: string[],
  place: Pick<PluginRun, "root" | "cwd" | "home" | "oclif">,
): Promise<number> {
  const { root, cwd, home, oclif } = place;
  const [topic = "plugins", name = "", ...rest] = resolvePluginPaths(argv, cwd, home);
  const action = PLUGIN_ACTIONS[name];
  if (action === undefined || rest.includes("--help")) {
    const mapped = rest.map((word) =>
      name === "inspect" && !word.startsWith("-") ? packageWord(word) : word,
    );
    await oclif(argv.length > 1 ? [topic, name, ...mapped] : argv);
    return Number(process.exitCode ?? 0);
  }
  const json = wantsJson(argv);
  hurryNpm(process.env);
  const config = await Config.load({ root });
  prepareDataFolder(config.dataDir);
  const before = new Map(
    listedPlugins(config.dataDir).map((plugin): [string, ListedPlugin & { version: string | undefined }] => [
      plugin.name,
      { ...plugin, version: versionIn(config.dataDir, plugin.name) },
    ]),
  );
  const words = rest.filter((word) => word !== "--json");
  const names = await action(words, { ...place, json, config });
  if (action === PLUGIN_ACTIONS["uninstall"]) {
    const fresh = await Config.load({ root });
    return tell(
      "uninstall",
      names.map((gone) => removal(gone, fresh)),
      json,
    );
  }
  const verdicts = await tryOut(root, names);
  if (action !== PLUGIN_ACTIONS["update"]) return tell(name, verdicts, json);
  if (names.length === 0 && !json) writeNotes(["There are no installed plugins to update."]);
  const changed = verdicts.map((verdict) => {
    const old = before.get(verdict.name);
    return withChange(verdict, old?.version, old?.tag);
  });
  return tell("update", changed, json);
}
