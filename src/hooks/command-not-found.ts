import type { Hook } from "@oclif/core/hooks";
import { unknownCommand } from "../cli/unknown-command.ts";

/** Explains a command line whose first word is no command. */
const hook: Hook<"command_not_found"> = async ({ id, argv, config }) => {
  throw await unknownCommand([...id.split(":"), ...(argv ?? [])], config);
};

export default hook;
