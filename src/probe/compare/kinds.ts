/** What of a conversation is counted apart. `error` is the outcome of failed calls, `order` the sequence of everything. */
export const KINDS = [
  "user",
  "assistant",
  "reasoning",
  "call",
  "result",
  "error",
  "image",
  "document",
  "order",
] as const;

export type Kind = (typeof KINDS)[number];

/** How many things of a kind there are to be told, and how many of them the model was told. */
export interface Score {
  wanted: number;
  found: number;
}

/** A score of nothing for every kind. */
export function emptyScores(): Record<Kind, Score> {
  return Object.fromEntries(KINDS.map((kind) => [kind, { wanted: 0, found: 0 }])) as Record<Kind, Score>;
}
