import { createWriter } from "casr-opencode-store/write";
import type { Writer } from "casr-cli/provider";
import { OPENCODE } from "./native.ts";

export const writer: Writer = createWriter(OPENCODE);
