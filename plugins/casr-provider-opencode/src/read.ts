import { createReader } from "casr-opencode-store/read";
import type { Reader } from "casr-cli/provider";
import { OPENCODE } from "./native.ts";

export const reader: Reader = createReader(OPENCODE);
