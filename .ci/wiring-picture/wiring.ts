import { JsonNode } from "../json-node.ts";

export interface WiringPin {
	readonly part: string;
	readonly net: string;
	/** `null`: this pin is not wired to a GPIO. */
	readonly gpio: number | null;
	readonly note: string;
}

/** `wiring.json` of a driver: which pin of the part goes where. */
export interface Wiring {
	readonly part: string;
	/** What must never be exceeded, and what has to be supplied. */
	readonly voltage: string;
	readonly board: "ESP32-S3-DevKitC-1-N16R8" | "Raspberry Pi";
	readonly pins: readonly WiringPin[];
}

/** Reads a `wiring.json`. `file` is its name, for errors. */
export function parseWiring(text: string, file: string): Wiring {
	const wiring = JsonNode.parse(text, file);
	const board = wiring.get("board").text();
	if (board !== "ESP32-S3-DevKitC-1-N16R8" && board !== "Raspberry Pi")
		throw new TypeError(`${file}: the board is "ESP32-S3-DevKitC-1-N16R8" or "Raspberry Pi", not "${board}".`);
	return {
		part: wiring.get("part").text(),
		voltage: wiring.get("voltage").text(),
		board,
		pins: wiring
			.get("pins")
			.list()
			.map((pin) => ({
				part: pin.get("part").text(),
				net: pin.get("net").text(),
				gpio: pin.get("gpio").value === null ? null : pin.get("gpio").integer(),
				note: pin.get("note").text(),
			})),
	};
}
