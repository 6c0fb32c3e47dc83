import type { Clock } from "@visionvend/sdk/clock";
import type { HIDConstructor } from "@visionvend/sdk/device/io/hid";
import { errorText } from "../error-text.ts";
import type { HIDDevice, HIDLibrary } from "./hid-library.ts";
import { nodeHID } from "./node-hid.ts";

/** USB devices for drivers, and what is plugged in. */
export interface LinuxHID {
	readonly HID: HIDConstructor;
	list(): Promise<readonly HIDDevice[]>;
}

/**
 * USB human interface devices through `node-hid`. The library is loaded here and not before: its binding takes time, and it
 * needs libusb. Rejects with one line that says what to install or allow.
 */
export async function loadNodeHID(options: {
	readonly clock: Clock;
	/** A device could not be opened, or a listing failed; once for each outage. */
	readonly onProblem: (problem: string) => void;
	/** `node-hid` itself where not given. */
	readonly load?: () => Promise<HIDLibrary>;
}): Promise<LinuxHID> {
	const { clock, onProblem, load = async () => await import("node-hid") } = options;
	let library: HIDLibrary;
	try {
		library = await load();
		// The binding reports a missing libusb with the first call, not while it is loaded.
		await library.devicesAsync();
	} catch (error) {
		throw new Error(
			`USB readers and scales cannot be used: ${errorText(error)}. Install them with: sudo apt-get install libusb-1.0-0 libudev1`,
			{ cause: error },
		);
	}
	return { HID: nodeHID({ library, clock, onProblem }), list: () => library.devicesAsync() };
}
