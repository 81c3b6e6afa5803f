import type { Capabilities } from "../../provider/capabilities.ts";
import type { Writer } from "../../provider/writer.ts";
import type { SessionHeader } from "../../session/types.ts";
import type { SessionFacts } from "../facts.ts";
import type { LossLog } from "../losses.ts";

/** Everything the projection of one session to one target depends on. */
export interface ProjectionContext {
  header: SessionHeader;
  facts: SessionFacts;
  target: { slug: string; capabilities: Capabilities; writer: Pick<Writer, "nativeCall" | "foreignName"> };
  reasoning: "keep" | "text" | "drop";
  /** Characters per tool result; 0 = all. */
  maxToolOutput: number;
  /** Whether the whole history is wanted, so that summaries of it are not. */
  fullHistory: boolean;
  losses: LossLog;
}
