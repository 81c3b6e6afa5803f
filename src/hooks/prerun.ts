import type { Hook } from "@oclif/core/hooks";
import { rememberPlugins } from "../cli/plugin-check.ts";

/** Before a command: remember which plugins there are, to tell afterwards which were installed. */
const hook: Hook<"prerun"> = async ({ config }) => {
  rememberPlugins(config.plugins.values());
};

export default hook;
