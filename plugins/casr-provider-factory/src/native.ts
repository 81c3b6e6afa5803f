/** This provider's slug, as it stands in session headers. */
export const SLUG = "factory";

/** Record types of Droid up to 0.225.2 that hold no part of the conversation. */
export const STATE_RECORDS: ReadonlySet<string> = new Set([
  "session_start",
  "agent_turn_outcome",
  "todo_state",
  "session_end",
]);

const REMINDER = /^\s*<system-reminder>(?:(?!<\/system-reminder>)[\s\S])*<\/system-reminder>\s*$/;

/** A text that Droid makes for each turn: tools, skills, environment, date. */
export function isReminder(text: string): boolean {
  return text.startsWith("<system-reminder>") && REMINDER.test(text);
}

/** What the model gets in place of everything before a compaction (0.225.2). */
export function compactionText(summary: string): string {
  return `A previous instance of Droid has summarized the conversation thus far as follows:\n\n<summary>\n${summary}\n</summary>\n\nIMPORTANT: This summary was created by a previous instance of Droid. Files referenced in the summary may not be available until you explicitly view them again.`;
}
