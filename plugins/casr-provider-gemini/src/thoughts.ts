import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";

/** A thought's text as the CLI itself puts it into the model's context at a resume: `**subject** description`. */
export function thoughtText(thought: JsonValue): string {
  if (!isObject(thought)) return "";
  const subject = stringOf(thought, "subject") ?? "";
  const description = stringOf(thought, "description") ?? "";
  return subject === "" ? description : `**${subject}** ${description}`;
}

const WITH_SUBJECT = /^\*\*([^*\n]+)\*\* ([\s\S]*)$/u;

/** A record of `text` for `thoughts[]`, from which `thoughtText` gives back exactly `text`. */
export function thoughtRecord(text: string, timestamp: string): JsonObject {
  const match = WITH_SUBJECT.exec(text);
  return match === null
    ? { subject: "", description: text, timestamp }
    : { subject: match[1]!, description: match[2]!, timestamp };
}
