import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messages } from "@visionvend/drivers/strings";
import type { PinUse } from "@visionvend/sdk/config/esp32s3-pins";
import { parseConfig } from "@visionvend/sdk/config/parse-config";
import type { FirmwareFiles } from "./check-firmware.ts";

/** The repository's firmware. `top` is the repository's top folder. */
export function firmwareFiles(top: string): FirmwareFiles {
	const room = join(top, "firmware-moddable");
	return {
		read(path) {
			const file = join(room, path);
			return existsSync(file) ? readFileSync(file, "utf8") : undefined;
		},
		strings: Object.fromEntries(Object.entries(messages).map(([language, phrases]) => [language, { ...phrases }])),
		pins: defaultPins(readFileSync(join(top, "docs/examples/config.yaml"), "utf8")),
	};
}

/** The wires of the example configuration without its own `pins`: what a machine has when nobody says otherwise. */
function defaultPins(example: string): PinUse[] {
	const withoutPins = example.replace(/^pins:\n(?:[ \t#].*\n|\n)*/m, "");
	const result = parseConfig(withoutPins);
	if (!result.ok)
		throw new Error(`docs/examples/config.yaml: ${result.errors.map(({ message }) => message).join(" ")}`);
	const uses: PinUse[] = [];
	for (const [key, value] of Object.entries(result.config.pins)) {
		if (typeof value === "number") uses.push({ key: `pins.${key}`, pin: value });
		else if (Array.isArray(value))
			for (const [index, pin] of value.entries())
				if (typeof pin === "number") uses.push({ key: `pins.${key}[${index}]`, pin });
	}
	return uses;
}
