import type { ProbeRoute, TerminalStep } from "../../provider/probe.ts";
import type { RecordedRequest, ScriptedTurn } from "../types.ts";
import type { Ended } from "./process.ts";

/** What the process inside is told: one JSON object a line on its standard input, which ends it when it closes. */
export type Order =
  | { order: "start"; turns: ScriptedTurn[]; routes: ProbeRoute[] }
  | { order: "script"; id: number; turns: ScriptedTurn[] }
  | { order: "run"; id: number; run: InsideRun };

/** One program to run inside. */
export interface InsideRun {
  argv: string[];
  cwd: string;
  /** Added to the environment the sandbox gives every program. */
  env: Record<string, string>;
  stdin?: string;
  terminal?: TerminalStep[];
  /** With `terminal`: the run is over once the model has been asked with this text and has answered. */
  until?: string;
  timeoutMs: number;
}

/** What a run led to. */
export interface RunResult extends Ended {
  /** What reached the server from the start of the run to its end. */
  requests: RecordedRequest[];
}

/** What the process inside answers: one JSON object a line on its standard output. */
export type Answer =
  | { ready: string }
  | { id: number; result: RunResult }
  | { id: number; scripted: true }
  | { fault: string };
