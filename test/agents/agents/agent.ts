import type { Wire, WireItem } from "../../../src/probe/index.ts";

/** A session as its own agent would list it. */
export interface FoundSession {
  id: string;
  /** Where its agent was started; the agent is resumed there. */
  cwd: string;
  /** Relative to the home. */
  path: string;
}

/** An npm package that is installed in a folder of its own. */
export interface PinnedPackage {
  /** Folder below the agents' directory. */
  folder: string;
  name: string;
  version: string;
}

export interface Settings {
  baseUrl: string;
  workspaces: readonly string[];
  /**
   * Whether the agent may clean up old sessions as it does by default. Recorded sessions grow old;
   * sessions that casr wrote must survive.
   */
  cleanup: boolean;
}

/** How one real agent is installed, pointed at the loopback model, resumed and understood. */
export interface Agent {
  slug: string;
  /** Short name for tables. */
  label: string;
  wire: Wire;
  package: PinnedPackage;
  /** What to run, given the folder the package is installed in. `node` is a current Node. */
  command(folder: string, node: string): string[];
  /** Environment besides PATH, HOME, LANG, TERM and TZ. */
  env(baseUrl: string): Record<string, string>;
  /** Writes the agent's settings into a scratch home, keeping what the sessions there need. */
  configure(home: string, settings: Settings): Promise<void>;
  /** Arguments that resume a session and ask one thing, without a terminal. */
  resumeArgs(id: string, prompt: string): string[];
  /** A start without any session, where such a start cleans up the store. */
  idleArgs?: string[];
  /** The main sessions of a home, found without any help of casr. */
  sessions(home: string): Promise<FoundSession[]>;
  /**
   * The conversation alone: cuts what this agent adds by itself. `asSource` also undoes what the agent is known
   * to do to its own stored sessions (repeated results), which a session casr wrote must not depend on.
   */
  conversation(items: readonly WireItem[], asSource: boolean): WireItem[];
  /** The summary that stands for earlier turns, and the model's answer to it; not sent where those turns are. */
  isSummary(text: string): boolean;
  /** Texts of its own that a conversion need not carry, but may: the model did see them. */
  mayCarry?(text: string): boolean;
}
