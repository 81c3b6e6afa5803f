import type { ModelRequest, ScriptedCall, ScriptedTurn } from "./types.ts";

/** The first turn of a script that is for this request and says something to it; it is taken out of the script. */
export function takeTurn(
  script: ScriptedTurn[],
  request: Pick<ModelRequest, "items" | "tools">,
): ScriptedTurn | undefined {
  for (let at = 0; at < script.length;) {
    const turn = script[at]!;
    if (turn.to !== undefined && !isSaid(turn.to, request)) {
      at += 1;
      continue;
    }
    script.splice(at, 1);
    const fitted = fit(turn, request.tools);
    if (fitted !== undefined) return fitted;
  }
  return undefined;
}

function isSaid(text: string, { items }: Pick<ModelRequest, "items">): boolean {
  return items.some((item) => item.kind === "user" && item.text.includes(text));
}

/** The turn with calls the agent can answer; undefined when there were only others. */
function fit(turn: ScriptedTurn, tools: readonly string[]): ScriptedTurn | undefined {
  if (turn.toolCalls === undefined) return turn;
  const { toolCalls, ...rest } = turn;
  const calls = toolCalls.flatMap((call) => callable(call, tools));
  if (calls.length > 0) return { ...rest, toolCalls: calls };
  // A text without the calls it announces would end the agent's turn.
  return toolCalls.length > 0 ? undefined : rest;
}

function callable(call: ScriptedCall, tools: readonly string[]): ScriptedCall[] {
  let candidate: ScriptedCall | null | undefined = call;
  while (candidate !== undefined && candidate !== null) {
    const { otherwise, ...plain }: ScriptedCall = candidate;
    if (otherwise === undefined || tools.includes(plain.name)) return [plain];
    candidate = otherwise;
  }
  return [];
}
