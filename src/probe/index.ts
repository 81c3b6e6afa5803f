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
