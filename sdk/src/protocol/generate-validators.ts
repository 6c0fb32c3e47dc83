// Writes device/validators.generated.ts: build, then `node sdk/dist/protocol/generate-validators.js`.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { validatorSource } from "./validator-source.ts";

writeFileSync(fileURLToPath(new URL("../../src/device/validators.generated.ts", import.meta.url)), validatorSource());
