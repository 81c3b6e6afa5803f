import fc from "fast-check";

/** The gate tries the same cases each time; `FC_SEED=<number>` explores others. */
const seed = Number(process.env["FC_SEED"] ?? 20261121);
fc.configureGlobal({ seed });
