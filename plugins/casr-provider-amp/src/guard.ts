/**
 * Amp's import takes Claude Code's own texts out of prompts: reminders, command records (a text that holds one
 * becomes the command alone) and interruptions. A prompt that merely holds such a tag is guarded by a character
 * without width inside of it.
 */
const GUARD = "\u2060";
const OPENS =
  /(<)(?=(?:system-reminder|command-name|local-command-(?:stdout|stderr|caveat))>)|^(\s*\[)(?=Request interrupted by user)/gu;

/** The text as it survives the import; the same text where it needs no guard, or holds such characters itself. */
export function guarded(text: string): string {
  if (text.includes(`<${GUARD}`) || text.includes(`[${GUARD}`)) return text;
  return text.replace(OPENS, (opening) => opening + GUARD);
}

/** Takes the guards of `guarded` off again. */
export function unguarded(text: string): string {
  return text.replace(/([<[])\u2060/gu, "$1");
}
