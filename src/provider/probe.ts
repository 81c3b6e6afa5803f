/** The model protocols the loopback server can speak. */
export type Wire = "anthropic" | "responses" | "chat" | "gemini";

/** How to run the agent against a loopback model. Paths are inside the scratch home. */
export interface ProbeSetup {
  env: Record<string, string>;
  files: { path: string; content: string }[];
  argv: string[];
}

/** Lets casr run the real agent offline. */
export interface Probe {
  wire: Wire;
  /**
   * What to set and start to resume `sessionId` headless with `prompt`.
   * `baseUrl` is `http://127.0.0.1:<port>`; `home` is the scratch home.
   */
  resume(options: {
    binary: string;
    baseUrl: string;
    home: string;
    workspace: string;
    sessionId: string;
    prompt: string;
  }): ProbeSetup;
}
