import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { Battery, type BatterySample } from "./battery.ts";

/** Looks at a 12 V supply once a minute. */
export function run(
	device: { readonly io: { readonly Analog: AnalogConstructor }; readonly timer: Timer },
	onSample: (sample: BatterySample) => void,
): Battery {
	const battery = new Battery({
		input: { io: device.io.Analog, pin: 1 },
		divider: { upperOhms: 47_000, lowerOhms: 10_000 },
	});
	battery.configure({ lowMillivolts: 11_500, criticalMillivolts: 10_800 });
	device.timer.repeat(() => onSample(battery.sample()), 60_000);
	return battery;
}
