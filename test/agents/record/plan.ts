import type { ScriptedTurn } from "../../../src/probe/index.ts";
import type { Writer } from "../../../src/provider/writer.ts";
import type { CaseRun, RecordCase } from "./case.ts";
import { nativeTurns } from "./native.ts";
import type { Recipe, Settings } from "./recipes.ts";

/** One start of the agent, with what its model says. */
export interface PlannedRun {
  prompt: string;
  turns: ScriptedTurn[];
  /** A command of the agent's own, which asks the model for a summary at most. */
  isCommand: boolean;
}

/** The starts of one case for one agent; a text says why there are none. */
export function planCase(
  recordCase: RecordCase,
  writer: Pick<Writer, "nativeCall">,
  recipe: Recipe,
): PlannedRun[] | string {
  const { subagent } = recordCase;
  if (subagent !== undefined && recipe.subagent === undefined) return "no subagents without a terminal";
  const { compaction } = recipe;
  if (recordCase.runs.some((run) => run.compacts) && compaction === undefined)
    return "no compaction without a terminal";
  return recordCase.runs.flatMap((scripted, index): PlannedRun[] => {
    const turns = scripted.turns.filter(({ error }) => error === undefined || recipe.endsOnError !== true);
    const run = { ...scripted, turns };
    const planned = plain(run, writer);
    if (recordCase.runs[index + 1]?.compacts === true && compaction?.inputTokens !== undefined) {
      const answer = planned.turns.at(-1);
      if (answer !== undefined) answer.inputTokens = compaction.inputTokens;
    }
    if (index === 0 && subagent !== undefined) {
      const { calls, report, knownBy = subagent.prompt } = recipe.subagent!;
      const parent = calls(subagent.prompt).map((toolCalls) => ({ toolCalls, to: run.prompt }));
      const child = nativeTurns(subagent.turns, writer, knownBy).map((turn) => {
        if (report === undefined || turn.text === undefined || turn.toolCalls !== undefined) return turn;
        return { to: knownBy, toolCalls: [report(turn.text)] };
      });
      planned.turns.unshift(...parent, ...child);
    }
    if (!run.compacts || compaction?.prompt === undefined) return [planned];
    return [planned, { prompt: compaction.prompt, turns: [], isCommand: true }];
  });
}

/** The settings one case needs beyond the probe's. */
export function settingsOf(recordCase: RecordCase, recipe: Recipe): Settings {
  const compacts = recordCase.runs.some((run) => run.compacts === true);
  return {
    ...(recordCase.subagent === undefined ? {} : recipe.subagent?.settings),
    ...(compacts ? recipe.compaction?.settings : {}),
  };
}

function plain(run: CaseRun, writer: Pick<Writer, "nativeCall">): PlannedRun {
  // Agents may reflow a prompt; its first line is enough to know it by.
  const [first = run.prompt] = run.prompt.split("\n");
  return { prompt: run.prompt, turns: nativeTurns(run.turns, writer, first), isCommand: false };
}
