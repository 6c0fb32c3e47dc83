import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { VL53L1X } from "./vl53l1x.ts";

/** Tells when somebody steps in front of the machine, and when they leave. */
export function run(
	device: {
		readonly io: { readonly Digital: DigitalConstructor; readonly I2C: I2CConstructor };
		readonly timer: Timer;
	},
	onChange: (isSomebodyThere: boolean) => void,
): VL53L1X {
	const { Digital, I2C } = device.io;
	const sensor = new VL53L1X({
		sensor: { io: I2C, data: 10, clock: 11, address: 0x30 },
		enable: { io: Digital, pin: 2 },
	});
	sensor.configure({ nearCentimetres: 120 });
	let wasNear = false;
	device.timer.repeat(() => {
		const sample = sensor.sample();
		// In sunlight, or behind a dirty cover, it cannot tell.
		if (sample === undefined || sample.faults?.ambient || sample.faults?.crosstalk || sample.near === wasNear) return;
		wasNear = sample.near;
		onChange(wasNear);
	}, 50);
	return sensor;
}
