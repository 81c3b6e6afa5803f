import type { Fork } from "casr-opencode-store/native";

/** OpenCode, among the agents that share its store. */
export const OPENCODE: Fork = {
  slug: "opencode",
  name: "OpenCode",
  binary: "opencode",
  folder: "opencode",
  databaseName: /^opencode(?:-[A-Za-z0-9._-]+)?\.db$/,
  mainDatabase: "opencode.db",
  configNames: ["opencode.json", "opencode.jsonc", "config.json"],
  variables: {
    home: "OPENCODE_HOME",
    database: "OPENCODE_DB",
    databaseForCasr: "OPENCODE_DB_PATH",
    config: "OPENCODE_CONFIG",
    configContent: "OPENCODE_CONFIG_CONTENT",
  },
  mode: "build",
  version: "1.18.33",
  olderStoreNote:
    "The session is in files of an older version, which current ones do not read. Add --fork to copy it into the current store.",
};
