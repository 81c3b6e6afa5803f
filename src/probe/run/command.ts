/** A script runs on casr's own Node where it is named directly; installed launchers know theirs. */
export function commandOf(program: string, real: string): string[] {
  if (/\.[cm]?js$/i.test(program)) return [process.execPath, program];
  if (/\.(?:cmd|bat)$/i.test(real)) return ["cmd.exe", "/d", "/c", program];
  return [program];
}
