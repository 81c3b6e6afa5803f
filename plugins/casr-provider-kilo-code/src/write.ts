import { createWriter } from "casr-opencode-store/write";
import type { Writer } from "casr-cli/provider";
import { KILO_CODE } from "./native.ts";

export const writer: Writer = createWriter(KILO_CODE);
