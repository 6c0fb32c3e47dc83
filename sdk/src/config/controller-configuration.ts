import type { ConfiguredScale, ControllerConfiguration } from "../device/messages.ts";
import type { Config } from "./parse-config.ts";

/** Two-point calibration of one scale, as `device/scale/calibration.ts` measures it. */
export type ScaleCalibration = Pick<ConfiguredScale, "zeroCounts" | "loadCounts" | "loadMilligrams">;

/**
 * What the controller of this machine has to be told: the part of `config.yaml` that concerns it, the keys that the
 * cloud gave the machine, and one calibration a shelf, the topmost first. Throws a RangeError when a shelf has none.
 */
export function controllerConfiguration(
	config: Config,
	keys: ControllerConfiguration["keys"],
	calibrations: readonly ScaleCalibration[],
	linkBaud = 115_200,
): ControllerConfiguration {
	const { pins } = config;
	return {
		machineId: config.machine.id,
		version: 0,
		kind: "fridge",
		uplink: { via: "pi" },
		keys,
		pins: {
			lock: pins.mosfet,
			hall: pins.hallSensor,
			oledData: pins.oledData,
			oledClock: pins.oledClock,
			neopixel: pins.neopixel,
			buzzer: pins.buzzer,
			linkReceive: pins.linkReceive,
			linkTransmit: pins.linkTransmit,
			piSignal: pins.piSignal,
		},
		scales: pins.hx711Data.map((data, shelf) => {
			const clock = pins.hx711Clock[shelf];
			const calibration = calibrations[shelf];
			if (clock === undefined || calibration === undefined) {
				throw new RangeError(`Shelf ${shelf} has no calibration. Calibrate it with a known mass first.`);
			}
			return { shelf, clock, data, ...calibration };
		}),
		lock: config.lock,
		languages: config.languages,
		linkBaud,
	};
}
