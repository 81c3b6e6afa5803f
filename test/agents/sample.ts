import type { Agent } from "./agents/agent.ts";
import type { CorpusSession } from "./corpus.ts";

/**
 * For each session the targets to try it in, so that every pair of agents is tried with at most `most` sessions of
 * the source, and all sessions get their turn: a target takes up where the one before it left off. Without `most`
 * every session is tried in every target.
 */
export function sample(
  sessions: readonly CorpusSession[],
  targets: readonly Agent[],
  most: number | undefined,
): Map<CorpusSession, Agent[]> {
  const chosen = new Map<CorpusSession, Agent[]>(sessions.map((session) => [session, []]));
  for (const source of new Set(sessions.map(({ agent }) => agent))) {
    const own = sessions.filter(({ agent }) => agent === source);
    let next = 0;
    for (const target of targets) {
      const count = Math.min(most ?? own.length, own.length);
      for (let taken = 0; taken < count; taken += 1) chosen.get(own[next++ % own.length]!)!.push(target);
    }
  }
  return chosen;
}
