import type { Hook } from "@oclif/core/hooks";
import { noteInstalled } from "../cli/plugin-check.ts";

/** After `plugins install` of one plugin: note it, to check at the end whether it registers a provider. */
const hook: Hook<"plugins:postinstall"> = async ({ config }) => {
  noteInstalled(config.plugins.values());
};

export default hook;
