import { string } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import type { Host, Provider } from "../core/api.ts";
import { checkup, type Checkup } from "../core/checkup.ts";
import { CasrError } from "../core/errors.ts";
import { recoverStore } from "../core/recovery.ts";
import { goldenSource } from "../probe/golden.ts";
import type { Proof } from "../probe/proof.ts";
import { prove } from "../probe/prove.ts";
import { CasrCommand } from "../cli/base-command.ts";
import { count } from "../cli/flags.ts";
import { doctorJson } from "../cli/json/doctor.ts";
import { writeJson, writeLines } from "../cli/output.ts";
import { createProgress, type Progress } from "../cli/progress.ts";
import { renderDoctor, renderProofs } from "../cli/render/doctor.ts";
import { byteSize } from "../cli/render/text.ts";

/** Exit statuses of casr that fit: a session that does not arrive, an agent that cannot be tried, a broken plugin. */
const FAILED = 10;
const NOT_PROVEN = 6;
const BROKEN_PLUGIN = 11;

export default class Doctor extends CasrCommand {
  static override summary =
    "Check agents, stores, plugins and unfinished writes; with --probe, prove conversions.";
  static override description = `For every agent: is it installed, and is its version one that this casr was verified with; which of its sessions can be read; is its plugin sound. Writes that were interrupted are undone.

With --probe, a built-in session (tools, parallel calls, errors, images, long outputs) is converted into a scratch home of each agent and resumed there by the installed program itself, against a model on this machine: offline, without an account, without touching anything of yours. What reached the model is compared with what was written.

Set CASR_<AGENT>_BINARY (CASR_CLAUDE_CODE_BINARY) to try another program than the one on PATH.`;
  static override examples = [
    { description: "Is everything in order?", command: "<%= config.bin %> doctor" },
    {
      description: "Does a session really arrive in Codex?",
      command: "<%= config.bin %> doctor --probe codex",
    },
    { description: "In every agent, for a script", command: "<%= config.bin %> doctor --probe --json" },
    { description: "Read every session to its end", command: "<%= config.bin %> doctor --deep" },
  ];
  static override strict = false;
  static override args = {
    agent: string({
      ignoreStdin: true,
      description: "Only these agents (names or short names, any number).",
    }),
  };
  static override flags = {
    probe: boolean({ description: "Run the agents themselves on a converted session." }),
    deep: boolean({ description: "Read every session whole and count damaged records." }),
    timeout: count({ description: "Seconds an agent has for each start.", default: 60, least: 1 }),
    "no-namespaces": boolean({
      description: "Keep agents from the network by proxy settings alone.",
      hidden: true,
    }),
  };

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(Doctor);
    const host = await this.createHost(flags);
    const words = argv.map(String);
    const providers =
      words.length === 0 ? host.registry.providers : unique(words.map((word) => host.registry.get(word)));
    const recovered = await recoverStore(host);
    const progress = createProgress(flags.json ? undefined : process.stderr);
    const checkups: Checkup[] = [];
    for (const provider of providers) {
      const onProgress = (_: Provider, sessions: number, bytes: number): void =>
        progress.show(`${provider.name}: session ${sessions}, ${byteSize(bytes)} read`);
      checkups.push(await checkup(host, provider, { deep: flags.deep, signal: this.signal, onProgress }));
    }
    progress.clear();
    const page = this.page();
    if (!flags.json) writeLines(renderDoctor(checkups, recovered, host.registry.faults, page, flags.verbose));
    const proofs = flags.probe ? await this.#prove(host, providers, flags, progress) : undefined;
    if (flags.json) writeJson(doctorJson(checkups, recovered, host.registry.faults, proofs));
    else if (proofs !== undefined)
      writeLines(["", ...renderProofs(proofs, host.registry, page, flags.verbose)]);
    return exitStatus(checkups, host.registry.faults.length, proofs, words.length > 0);
  }

  async #prove(
    host: Host,
    providers: readonly Provider[],
    flags: { timeout: number; "no-namespaces": boolean },
    progress: Progress,
  ): Promise<Proof[]> {
    if (providers.length === 0) throw new CasrError("unknown-provider", "There is no agent to try.");
    const world = host.world(() => {}, this.signal);
    const proofs: Proof[] = [];
    for (const target of providers) {
      progress.show(`${target.name}: starting`);
      proofs.push(
        await prove({
          host,
          target,
          session: (workspace) => goldenSource(workspace, world),
          signal: this.signal,
          timeoutMs: flags.timeout * 1000,
          proxyOnly: flags["no-namespaces"],
          onStep: (step) => progress.show(`${target.name}: ${step}`),
        }),
      );
      progress.clear();
    }
    return proofs;
  }
}

function unique<T>(items: T[]): T[] {
  return [...new Set(items)];
}

/** 0 only when all is well and, with proofs, all of them passed; agents nobody asked for may be missing. */
function exitStatus(
  checkups: readonly Checkup[],
  brokenPlugins: number,
  proofs: readonly Proof[] | undefined,
  named: boolean,
): number {
  if (proofs?.some(({ status }) => status === "failed") === true) return FAILED;
  const passed = proofs?.some(({ status }) => status === "passed") ?? true;
  const untried =
    proofs?.some(({ status }) => status === "blocked" || (named && status === "skipped")) ?? false;
  if (untried || !passed) return NOT_PROVEN;
  return brokenPlugins > 0 || checkups.some(({ faults }) => faults.length > 0) ? BROKEN_PLUGIN : 0;
}
