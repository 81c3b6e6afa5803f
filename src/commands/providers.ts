import { missingAgents } from "../cli/missing-agents.ts";
import { providerStatuses } from "../core/statuses.ts";
import { recoverStore } from "../core/recovery.ts";
import { CasrCommand } from "../cli/base-command.ts";
import { providersJson } from "../cli/json/providers.ts";
import { writeJson, writeLines, writeNotes } from "../cli/output.ts";
import { renderMissing, renderProviders } from "../cli/render/providers.ts";

export default class Providers extends CasrCommand {
  static override summary = "Show the agents casr knows, and which of them are on this machine.";
  static override description = `FOUND is yes when both the agent's program and its sessions are here, data or program when only one is. Agents whose plugin is not installed come last, with the data found for them and the command that installs it.`;
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
    const missing = await missingAgents(
      host.registry,
      host.world(() => {}, this.signal),
    );
    if (flags.json) {
      writeJson(providersJson(statuses, missing));
      return;
    }
    if (statuses.length === 0) {
      writeNotes(["No providers are installed. Add one: casr plugins install casr-provider-claude-code"]);
      return;
    }
    const page = this.page();
    writeLines([...renderProviders(statuses, page, flags.verbose), ...renderMissing(missing, page)]);
  }
}
