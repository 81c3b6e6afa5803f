import { Command } from "@oclif/core/command";
import { boolean } from "@oclif/core/flags";
import type { Host } from "../core/api.ts";
import { createHost } from "./host.ts";
import { abortOnSignal } from "./interrupt.ts";
import { logLevel } from "./log.ts";
import { homeFolder } from "./folders.ts";
import { outdatedPlugins } from "./outdated.ts";
import { renderWarning } from "./render/failure.ts";
import { createStyle, pageWidth, wantsColor, type Page, type Style } from "./render/style.ts";

const MOST_WARNINGS = 5;

/** Flags of every command, as they come out of the parser. */
export interface CommonFlags {
  json: boolean;
  verbose: boolean;
  trace: boolean;
}

/** What every casr command shares: the common flags, the host, the page to write on, signals. */
export abstract class CasrCommand extends Command {
  static override baseFlags = {
    json: boolean({ description: "Print one JSON object instead of text.", helpGroup: "GLOBAL" }),
    verbose: boolean({
      description: "Say more: notes, every path, what is being tried.",
      helpGroup: "GLOBAL",
    }),
    trace: boolean({ description: "Say everything, stacks of errors included.", helpGroup: "GLOBAL" }),
  };

  readonly #interrupt = abortOnSignal();

  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Leaves the signals to somebody else from now on. */
  protected releaseSignals(): void {
    this.#interrupt.release();
  }

  /** The host; with one warning line on stderr for each plugin that does not work, or keeps a newer one away. */
  protected async createHost(flags: CommonFlags): Promise<Host> {
    const level = logLevel(flags, process.env);
    const host = await createHost(this.config, { env: process.env, level });
    const faults = host.registry.faults.map(
      ({ package: name, version, message }) => `plugin ${name} ${version}: ${message}`,
    );
    for (const line of new Set(faults)) this.warning(line);
    for (const line of outdatedPlugins(host.registry, this.config.root)) this.warning(line);
    return host;
  }

  /** One warning line on stderr, with the home folder as `~`. */
  protected warning(message: string): void {
    const home = homeFolder(process.env, process.platform);
    process.stderr.write(renderWarning(message.replaceAll(`${home}/`, "~/"), this.errorStyle));
  }

  /** All warnings of a report on stderr; without `--verbose` a flood of them is cut short. */
  protected warnings(messages: string[], flags: CommonFlags): void {
    const isFlood = !flags.verbose && !flags.trace && messages.length > MOST_WARNINGS + 1;
    for (const message of isFlood ? messages.slice(0, MOST_WARNINGS) : messages) this.warning(message);
    if (isFlood) this.warning(`${messages.length - MOST_WARNINGS} more like these: --verbose shows all`);
  }

  protected get errorStyle(): Style {
    return createStyle(wantsColor(process.stderr.isTTY, process.env));
  }

  /** stdout as a page. */
  protected page(): Page {
    return {
      width: pageWidth(process.stdout, process.env),
      style: createStyle(wantsColor(process.stdout.isTTY, process.env)),
      now: Date.now(),
      home: homeFolder(process.env, process.platform),
    };
  }

  /** oclif would print the error and set the status; main.ts does both, in one place for all commands. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
