import type { Capabilities } from "../../provider/capabilities.ts";
import type { Writer } from "../../provider/writer.ts";
import type { SessionHeader } from "../../session/types.ts";
import type { CallUse, SessionFacts } from "../facts.ts";
import type { LossLog } from "../losses.ts";

/** How often each id of a call is used in the session. */
export interface CallUses {
  get(id: string): Readonly<CallUse> | undefined;
  has(id: string): boolean;
}

/** Everything the projection of one session to one target depends on. */
export interface ProjectionContext {
  header: SessionHeader;
  facts: Pick<SessionFacts, "outOfContext"> & { calls: CallUses };
  target: { slug: string; capabilities: Capabilities; writer: Pick<Writer, "nativeCall" | "foreignName"> };
  reasoning: "keep" | "text" | "drop";
  /** Characters per tool result; 0 = all. */
  maxToolOutput: number;
  /** Whether the whole history is wanted, so that summaries of it are not. */
  fullHistory: boolean;
  losses: LossLog;
}
