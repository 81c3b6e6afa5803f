import { providerStatuses } from "../core/queries.ts";
import { recoverStore } from "../core/recovery.ts";
import { CasrCommand } from "../cli/base-command.ts";
import { providersJson } from "../cli/json/providers.ts";
import { writeJson, writeLines, writeNotes } from "../cli/output.ts";
import { renderProviders } from "../cli/render/providers.ts";

export default class Providers extends CasrCommand {
  static override summary = "Show the agents casr knows, and which of them are on this machine.";
  static override description = `FOUND is yes when both the agent's program and its sessions are here, data or program when only one is. More agents come as plugins: <%= config.bin %> plugins install casr-provider-<agent>.`;
  static override examples = [
    { description: "A table", command: "<%= config.bin %> providers" },
    {
      description: "With folders, plugin versions and variables",
      command: "<%= config.bin %> providers --verbose",
    },
  ];

  override async run(): Promise<void> {
    const { flags } = await this.parse(Providers);
    const host = await this.createHost(flags);
    for (const message of await recoverStore(host)) this.warning(message);
    const statuses = await providerStatuses(host, this.signal);
    if (flags.json) {
      writeJson(providersJson(statuses));
      return;
    }
    if (statuses.length === 0) {
      writeNotes(["No providers are installed. Add one: casr plugins install casr-provider-claude-code"]);
      return;
    }
    writeLines(renderProviders(statuses, this.page(), flags.verbose));
  }
}
