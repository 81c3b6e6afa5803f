/** What casr's own tests and those of plugins share, published as `casr-cli/testing`. Needs no test runner. */
export {
  GOLDEN_NAMES,
  GOLDEN_SESSIONS,
  GOLDEN_SLUG,
  GOLDEN_START,
  type GoldenName,
  type GoldenSession,
} from "./golden/index.ts";
export { goldenProvider, goldenRegistration } from "./golden-provider.ts";
export {
  conformanceChecks,
  recordGoldens,
  runConformance,
  type ConformanceCheck,
  type ConformanceResult,
  type ConformanceSubject,
} from "./conformance/index.ts";
