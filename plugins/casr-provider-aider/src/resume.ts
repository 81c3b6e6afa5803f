import type { ResumeStep, World } from "casr-cli/provider";
import { baseName } from "./paths.ts";
import { HISTORY } from "./native.ts";

/**
 * Aider would sum up at once what is longer than a sixteenth of the model's window, 8,192 tokens at most (0.86,
 * `models.py`). It is told a limit that no conversation reaches.
 */
const WHOLE = "10000000";

/** Aider takes a history, not a session. */
export function resumeSteps(history: string, workspace: string | undefined): ResumeStep[] {
  const own = baseName(history) === HISTORY;
  const file = own ? [] : ["--chat-history-file", history];
  return [
    {
      argv: ["aider", ...file, "--restore-chat-history", "--max-chat-history-tokens", WHOLE],
      ...(workspace === undefined ? {} : { cwd: workspace }),
      ...(own
        ? {
            note: "Aider restores all sessions of this history, not the one alone. Add --fork for a history of its own.",
          }
        : {}),
    },
  ];
}

export async function resume(
  session: { id: string; workspace?: string; path: string },
  world: World,
): Promise<ResumeStep[]> {
  const stat = await world.files.stat(session.path);
  const history =
    stat === undefined ? session.path.slice(0, -(baseName(session.path).length + 1)) : session.path;
  return resumeSteps(history, session.workspace);
}
