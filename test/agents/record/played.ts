import { normaliseBody, type RecordedRequest, type ScriptedTurn } from "../../../src/probe/index.ts";
import { toolsOf } from "../../../src/probe/prompts.ts";
import { takeTurn } from "../../../src/probe/take-turn.ts";
import { isJsonObject } from "../../../src/session/json.ts";

/** What became of a script. */
export interface Played {
  /** Turns the agent never asked for. */
  unplayed: ScriptedTurn[];
  /** Names of calls the agent had no tool for. */
  skipped: string[];
  /** Main requests no turn was meant for. */
  unplanned: number;
}

/** Plays a script once more over what was recorded, as the server did. */
export function playedOf(turns: readonly ScriptedTurn[], requests: readonly RecordedRequest[]): Played {
  const left = [...turns];
  const skipped: string[] = [];
  let unplanned = 0;
  for (const { wire, body, auxiliary, refused } of requests) {
    if (wire === undefined || auxiliary || refused || !isJsonObject(body)) continue;
    const before = [...left];
    const taken = takeTurn(left, { items: normaliseBody(wire, body), tools: toolsOf(body).names });
    if (taken === undefined) unplanned += 1;
    const called = new Set((taken?.toolCalls ?? []).map((call) => call.name));
    for (const turn of before.filter((candidate) => !left.includes(candidate)))
      for (const call of turn.toolCalls ?? []) if (!called.has(call.name)) skipped.push(call.name);
  }
  return { unplayed: left, skipped, unplanned };
}
