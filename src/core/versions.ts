import type { VerifiedVersion } from "../provider/registration.ts";

/** How an installed version relates to the ones casr was verified with. */
export type VersionVerdict =
  | "ok"
  | "newer than verified"
  | "older than verified"
  | "failed when verified"
  | "unproven"
  | "unknown";

function parts(version: string): number[] {
  return (version.split(/[-+]/, 1)[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
}

/** Orders versions by their numbers; what follows a hyphen or plus does not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What the table of verified versions says of an installed one; between two verified ones is as good as one of them. */
export function versionVerdict(
  installed: string | undefined,
  verified: readonly VerifiedVersion[],
): VersionVerdict {
  if (installed === undefined) return "unknown";
  const exact = verified.find(({ version }) => compareVersions(version, installed) === 0);
  if (exact?.result === "failed") return "failed when verified";
  const passed = verified.filter(({ result }) => result === "passed").map(({ version }) => version);
  if (passed.length === 0) return "unproven";
  if (passed.every((version) => compareVersions(installed, version) > 0)) return "newer than verified";
  if (passed.every((version) => compareVersions(installed, version) < 0)) return "older than verified";
  return "ok";
}
