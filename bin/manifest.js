// Writes oclif.manifest.json for the built commands, so that a run need not load every command
// to know what there is. oclif's own API makes it; `npm run build` ends with this.
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Plugin } from "@oclif/core";
import { settings } from "@oclif/core/settings";

settings.enableAutoTranspile = false;
const root = fileURLToPath(new URL("..", import.meta.url));
const target = new URL("../oclif.manifest.json", import.meta.url);

await rm(target, { force: true });
const plugin = new Plugin({
  errorOnManifestCreate: true,
  ignoreManifest: true,
  isRoot: true,
  root,
  type: "core",
});
await plugin.load();
// oclif finds commands in the order of the folder, which is another one on every disk.
const commands = Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
const manifest = { ...plugin.manifest, commands: Object.fromEntries(commands) };
await writeFile(target, `${JSON.stringify(manifest, null, 2)}\n`);
