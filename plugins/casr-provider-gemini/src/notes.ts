import type { ProjectedSession } from "casr-cli/provider";

/** What Google's service takes (Gemini API, image understanding). */
const SERVED = new Set(["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"]);

/**
 * For people: pictures of types that Gemini CLI sends like any other, from its own files too, and that
 * Google's service may refuse, together with the whole request.
 */
export async function mediaNotes(session: ProjectedSession): Promise<string[]> {
  if (session.counts.images === 0) return [];
  const types = new Set<string>();
  for await (const { content } of session.messages()) {
    for (const block of content) {
      const blocks = block.type === "tool_result" ? block.content : [block];
      for (const inner of blocks)
        if (inner.type === "image" && !SERVED.has(inner.mediaType)) types.add(inner.mediaType);
    }
  }
  if (types.size === 0) return [];
  const list = [...types].sort().join(", ");
  return [
    `The session holds pictures of type ${list}. Gemini CLI sends them, but Google's service may answer "Unsupported MIME type"; without them the session goes on after /rewind or /compress.`,
  ];
}
