import type { Fork } from "casr-opencode-store/native";

/** Kilo Code 7, a fork of OpenCode, among the agents that share its store. */
export const KILO_CODE: Fork = {
  slug: "kilo-code",
  name: "Kilo Code",
  binary: "kilo",
  folder: "kilo",
  databaseName: /^kilo(?:-[A-Za-z0-9._-]+)?\.db$/,
  mainDatabase: "kilo.db",
  configNames: ["kilo.jsonc", "kilo.json", "opencode.jsonc", "opencode.json", "config.json"],
  variables: {
    home: "KILO_HOME",
    database: "KILO_DB",
    config: "KILO_CONFIG",
    configContent: "KILO_CONFIG_CONTENT",
  },
  // Another one makes Kilo Code remark on the change.
  mode: "code",
  version: "7.7.9",
  olderStoreNote:
    "The session is in files of an older version, which the command line does not read. Add --fork to copy it into its store.",
};
