/** Proof by the agent itself: a loopback model service and readers for what agents send to it. */
export { normalise, requestWithPrompt } from "./normalise.ts";
export { DEFAULT_ANSWER, startModelServer } from "./server.ts";
export type { ModelServer, ModelServerOptions } from "./server.ts";
export { WIRES } from "./types.ts";
export type {
  RecordedRequest,
  ScriptedCall,
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
