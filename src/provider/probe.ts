/** The model protocols the loopback server can speak. */
export type Wire = "anthropic" | "responses" | "chat" | "gemini";

/** Where a probe takes place. Nothing of the user's is in it but the agent's program. */
export interface ProbePlace {
  /** The agent's program, with what starts it: `["/usr/bin/codex"]`, `["node", "/opt/agent/cli.js"]`. Goes first in every argv. */
  command: readonly string[];
  /** `http://127.0.0.1:<port>`, without a path. */
  baseUrl: string;
  /** The scratch home; `HOME` is set to it. */
  home: string;
  /** An existing folder that the agent is started in. */
  workspace: string;
  /** The model the agent shall ask for; the probe's own choice when missing. */
  model?: string;
}

/** What makes an agent talk to the loopback server and to nobody else: settings, and no updates or telemetry. */
export interface ProbeSetup {
  /** Added to PATH, HOME, LANG, TERM, TZ and TMPDIR; the agent gets no other environment. */
  env: Record<string, string>;
  /** Written before the first start; absolute paths inside the scratch home. */
  files: { path: string; content: string }[];
}

/** One thing typed into a terminal UI. */
export interface TerminalStep {
  /**
   * Type once the screen shows this text (white space and colours aside), or once it has been still for
   * 1.5 seconds when missing.
   */
  waitFor?: string;
  /** Bytes to type; `\r` is Enter, `\u001b` Escape, `\u0003` Ctrl-C. */
  type: string;
}

/** One start of the agent. */
export interface ProbeRun {
  argv: string[];
  /** Text for standard input, which is closed otherwise. */
  stdin?: string;
  /**
   * For agents that cannot do this without their terminal UI: they get a pseudo-terminal of 120 × 40 and these
   * steps. The run then ends when the model has answered the last prompt, or by itself; a list when its screen is still.
   */
  terminal?: TerminalStep[];
}

/** What the loopback server answers to something an agent asks beside the model: an account, a list of models. */
export interface ProbeRoute {
  method: string;
  /** The request's path (without a query) is this, or begins with it when it ends with `*`. */
  path: string;
  /** The query must contain this. */
  query?: string;
  status: number;
  /** Sent as JSON. */
  body: unknown;
}

/** Lets casr run the real agent offline. Every function is pure: what is run is decided by its parameters alone. */
export interface Probe {
  wire: Wire;
  setup(place: ProbePlace): ProbeSetup;
  /** Starts a new session with `prompt` and ends after the answer; tools run without asking. */
  fresh(place: ProbePlace & { prompt: string }): ProbeRun;
  /** Resumes `sessionId` with `prompt` and ends after the answer; tools run without asking. */
  resume(place: ProbePlace & { sessionId: string; prompt: string }): ProbeRun;
  /** Shows the agent's own list of sessions with their titles: as text, as JSON, or on its screen. */
  list?(place: ProbePlace): ProbeRun;
  /** Answers for an agent that wants more from its server than a model. Everything else gets 404. */
  routes?: ProbeRoute[];
}
