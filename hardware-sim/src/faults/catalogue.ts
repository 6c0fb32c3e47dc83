import { didYouMean } from "../language/did-you-mean.ts";
import { flippedBits, linkFlippedBits, linkLostBytes, lostBytes, nack, stuckData } from "./bus-faults.ts";
import { cellFreeze, cellReset, displayReset } from "./chip-faults.ts";
import { type Fault, faultLayers } from "./fault.ts";
import { clockSkew, controllerRestart, killed, stall } from "./host-faults.ts";
import { bounce, glitch, open, short, stuck } from "./net-faults.ts";
import {
	linkDelay,
	linkDuplicate,
	linkLoss,
	linkPartition,
	linkReorder,
	networkDelay,
	networkDuplicate,
	networkLoss,
	networkReorder,
	webhooksLateAndTwice,
} from "./network-faults.ts";
import { brownOut, brownOutAtCoil, powerCut } from "./power-faults.ts";
import { detach, drift, hallDetached, handResting, saturate } from "./sensor-faults.ts";
import { doorAjar, doorSensorCovered, wrongShelf } from "./world-faults.ts";

/** The faults that a sweep tries where nobody chooses: of every layer, on every kind of part of a fridge. */
export const faults: readonly Fault[] = Object.freeze([
	stuck("lock_coil", 0),
	stuck("lock_coil", 1),
	open("lock_coil"),
	stuck("hall_sensor", 0),
	stuck("hall_sensor", 1),
	open("hall_sensor"),
	bounce("hall_sensor", 15),
	stuck("hx711_0_dt", 0),
	open("hx711_0_sck"),
	glitch("hx711_0_sck", 1_000),
	short("hx711_0_dt", "hx711_1_dt"),
	nack("oled", "address"),
	nack("oled", "data"),
	flippedBits("oled", 20),
	lostBytes("oled", 20),
	stuckData("oled_sda"),
	linkFlippedBits(5),
	linkLostBytes(5),
	displayReset(),
	cellReset(0),
	cellFreeze(0),
	stall(70_000),
	controllerRestart(),
	killed("pi"),
	killed("cloud"),
	killed("broker"),
	clockSkew("pi", 3_600_000),
	clockSkew("pi", -3_600_000),
	brownOut(),
	brownOutAtCoil(),
	powerCut(),
	saturate(0),
	drift(0, 40_000),
	detach(0),
	hallDetached(),
	handResting(0),
	doorAjar(),
	wrongShelf(),
	doorSensorCovered(),
	linkPartition(),
	linkLoss(300),
	linkDelay(400),
	linkDuplicate(300),
	linkReorder(40),
	networkLoss("cloud", 300),
	networkLoss("pi", 300),
	networkDelay("pi", 3_000),
	networkDuplicate("cloud", 500),
	networkDuplicate("pi", 500),
	networkReorder("cloud", 2_000),
	networkReorder("pi", 2_000),
	webhooksLateAndTwice(20_000),
]);

/**
 * Faults by name, by layer (`net`), or all of them (`all`); `none` is none. Throws a `RangeError` for a name that is
 * not there.
 */
export function chooseFaults(names: readonly string[]): Fault[] {
	const chosen = names.flatMap((name) => {
		if (name === "all") return faults;
		if (name === "none") return [];
		const found = faults.filter((candidate) => candidate.name === name || candidate.layer === name);
		if (found.length === 0)
			throw new RangeError(
				`There is no fault and no layer "${name}"${didYouMean(name, [...faultLayers, ...faults.map((other) => other.name)])}`,
			);
		return found;
	});
	return [...new Set(chosen)];
}
