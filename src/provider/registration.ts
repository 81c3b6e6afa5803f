import type { Probe } from "./probe.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** The contract version this file describes. */
export const PROVIDER_API = 1;

/** A version of the agent that resumed what casr wrote, and how that went. */
export interface VerifiedVersion {
  version: string;
  /** The day of the test, `YYYY-MM-DD`. */
  date: string;
  /**
   * `passed`: the agent, resumed, sent its model all but what casr had named as lost; `failed`: it did not;
   * `unproven`: written by the letter of the format, never resumed by the agent itself.
   */
  result: "passed" | "failed" | "unproven";
}

/**
 * What a provider plugin's `casr:providers` hook returns, one per agent. It is metadata:
 * the module that holds it imports nothing at run time, and the code is loaded when needed.
 */
export interface Registration {
  api: 1;
  /** Lower-case id of the agent: `claude-code`. Matches `^[a-z][a-z0-9-]{1,38}$`. */
  slug: string;
  /** Human name: `Claude Code`. */
  name: string;
  /** Short names for the command line: `["cc"]`. Same alphabet as the slug. The first is the preferred one. */
  aliases: string[];
  /** How the agent's own program is found and asked for its version. */
  binary: { names: string[]; versionArgs: string[] };
  /** Environment variables that move this agent's store, best first; shown by `casr providers`. */
  homeVariables: string[];
  /** What this release was verified with, newest first. */
  verified: VerifiedVersion[];
  capabilities: Capabilities;
  reader?: () => Promise<Reader>;
  writer?: () => Promise<Writer>;
  probe?: () => Promise<Probe>;
}

/**
 * A provider that only reads. What a target can hold does not concern it, so it need not say so:
 * the core then takes it that nothing but text can be held.
 */
export type ReadOnlyRegistration = Omit<Registration, "capabilities" | "writer"> & {
  capabilities?: Capabilities;
  writer?: never;
};

/** The signature of the default export of a `casr:providers` hook module. */
export type ProvidersHook = () => Promise<Registration[]> | Registration[];

/** The same for plugins whose providers only read. */
export type ReadOnlyProvidersHook = () => Promise<ReadOnlyRegistration[]> | ReadOnlyRegistration[];
