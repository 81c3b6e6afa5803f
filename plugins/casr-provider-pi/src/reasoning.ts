import type { JsonObject, ReasoningBlock } from "casr-cli/provider";
import { stringAt } from "./json.ts";

/** Whose service an API of Pi's belongs to. */
function issuerOf(api: string): string | undefined {
  if (api.startsWith("anthropic") || api.startsWith("bedrock")) return "anthropic";
  if (api.startsWith("openai") || api.startsWith("azure")) return "openai";
  return api.startsWith("google") ? "google" : undefined;
}

/** What of a thought's signature only its service can read: of OpenAI's it is a part of a JSON text. */
function sealOf(signature: string, issuer: string | undefined): Partial<ReasoningBlock> {
  if (issuer !== "openai") return { signature };
  try {
    const item = JSON.parse(signature) as { encrypted_content?: unknown } | null;
    const encrypted = item?.encrypted_content;
    return typeof encrypted === "string" && encrypted !== "" ? { encrypted } : {};
  } catch {
    // Other services of that API sign with the name of a field.
    return {};
  }
}

/** A thought; none where there is neither a text nor anything a service could read. */
export function reasoningOf(block: JsonObject, api: string): ReasoningBlock[] {
  const text = stringAt(block, "thinking") ?? "";
  const signature = stringAt(block, "thinkingSignature") ?? "";
  const issuer = issuerOf(api);
  const seal =
    signature === ""
      ? {}
      : block["redacted"] === true
        ? { encrypted: signature, redacted: true }
        : sealOf(signature, issuer);
  const sealed = Object.keys(seal).length > 0;
  if (text.trim() === "" && !sealed) return [];
  return [{ type: "reasoning", text, ...seal, ...(sealed && issuer !== undefined ? { issuer } : {}) }];
}
