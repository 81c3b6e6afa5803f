/** Proof by the agent itself: a loopback model service and readers for what agents send to it. */
export { DEFAULT_ANSWER, DEFAULT_SUMMARY } from "./answer.ts";
export { normalise, normaliseBody, requestWithPrompt } from "./normalise.ts";
export { startModelServer } from "./server.ts";
export type { ModelServer, ModelServerOptions } from "./server.ts";
export { WIRES } from "./types.ts";
export type {
  ModelRequest,
  Purpose,
  RecordedRequest,
  Script,
  ScriptedCall,
  ScriptedError,
  ScriptedErrorKind,
  ScriptedTurn,
  Wire,
  WireImage,
  WireItem,
  WireRole,
} from "./types.ts";
export { NAMESPACE_ADVICE, namespaceProblem } from "./run/isolation.ts";
export type { Cover } from "./run/isolation.ts";
export type { InsideRun, RunResult } from "./run/protocol.ts";
export { openSandbox } from "./run/sandbox.ts";
export type { Sandbox, SandboxOptions } from "./run/sandbox.ts";
