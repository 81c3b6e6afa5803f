import type { WireItem } from "../../../src/probe/index.ts";
import type { Probe } from "../../../src/provider/probe.ts";

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

/** How one real agent is installed and understood. How it is pointed at the loopback model and started is its plugin's probe. */
export interface Agent {
  slug: string;
  /** Short name for tables. */
  label: string;
  package: PinnedPackage;
  /** The version for recorded homes that the current one does not read any more. */
  older?: { package: PinnedPackage; isFor(home: string): boolean };
  /** What to run, given the folder the package is installed in. `node` is a current Node. */
  command(folder: string, node: string): string[];
  probe: Probe;
  /** The model a recorded home is set to, where its sessions depend on that. */
  model?(home: string): Promise<string | undefined>;
  /** Keeps the agent from cleaning up recorded sessions, which grow old; after the probe's settings are in place. */
  keepOld?(home: string): Promise<void>;
  /**
   * Prints the agent's own list of sessions with their titles, where its probe has no such start: a library of the
   * same vendor, installed beside the agent.
   */
  list?: { package: PinnedPackage; argv(folder: string, node: string): string[] };
  /** Makes a recorded session the one that is resumed, for an agent that takes no id. */
  choose?(home: string, id: string): Promise<void>;
  /** A start without any session, where such a start cleans up the store. */
  idleArgs?: string[];
  /** The main sessions of a home, found without any help of casr. */
  sessions(home: string): Promise<FoundSession[]>;
  /**
   * The conversation alone: cuts what this agent adds by itself. `asSource` also undoes what the agent is known
   * to do to its own stored sessions (repeated results), which a session casr wrote must not depend on. `answerFirst`
   * says that in the source, too, the model has the first word.
   */
  conversation(items: readonly WireItem[], asSource: boolean, answerFirst: boolean): WireItem[];
  /** The summary that stands for earlier turns, and the model's answer to it; not sent where those turns are. */
  isSummary(text: string): boolean;
  /** Texts of its own that a conversion need not carry, but may: the model did see them. */
  mayCarry?(text: string): boolean;
}
