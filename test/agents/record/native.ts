import type { ScriptedCall, ScriptedTurn } from "../../../src/probe/index.ts";
import type { Writer } from "../../../src/provider/writer.ts";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import type { CanonicalTool } from "../../../src/session/tool-types.ts";
import type { CaseCall, CaseTurn } from "./case.ts";

type ToNative = Pick<Writer, "nativeCall">;

/**
 * A case's turns as this agent's model would say them: calls in its own tools, through its plugin's writer, so that
 * the agent runs what it really has. A call it has no tool for is left to the alternative, or left out; a turn that
 * was nothing but such calls goes.
 */
export function nativeTurns(turns: readonly CaseTurn[], writer: ToNative, to: string): ScriptedTurn[] {
  return turns.flatMap(({ calls, ...said }) => {
    if (calls === undefined) return [{ ...said, to }];
    const toolCalls = calls.flatMap((call) => nativeCall(call, writer));
    return toolCalls.length === 0 ? [] : [{ ...said, toolCalls, to }];
  });
}

function nativeCall(call: CaseCall, writer: ToNative): ScriptedCall[] {
  if ("native" in call) return [call.native];
  const { tool, otherwise } = call;
  const forms = [tool, ...(otherwise === undefined ? [] : [otherwise])].flatMap((form) =>
    toNative(form, writer),
  );
  // Later forms stand in for earlier ones the agent does not offer at run time.
  return forms.length === 0
    ? []
    : [forms.reduceRight<ScriptedCall>((next, form) => ({ ...form, otherwise: next }), forms.pop()!)];
}

function toNative(tool: CanonicalTool, writer: ToNative): ScriptedCall[] {
  const native = writer.nativeCall(tool, { formatPatch, parsePatch });
  return native === undefined ? [] : [{ ...native, otherwise: null }];
}
