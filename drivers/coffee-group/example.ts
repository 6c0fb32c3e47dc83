import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { CoffeeGroup } from "./coffee-group.ts";

/** Makes one espresso: grind for five seconds, heat to 92 °C, pump 30 ml. Tells how it ended: `done`, or what was wrong. */
export function run(
	device: {
		readonly io: { readonly Analog: AnalogConstructor; readonly Digital: DigitalConstructor };
		readonly timer: Timer;
	},
	onEnd: (outcome: string) => void,
): CoffeeGroup {
	const io = device.io.Digital;
	const group = new CoffeeGroup({
		grinder: { io, pin: 4 },
		grinderCurrent: { io, pin: 39 },
		pump: { io, pin: 6 },
		flow: { io, pin: 7 },
		heater: { io, pin: 8 },
		safety: { io, pin: 9 },
		water: { io, pin: 14 },
		thermometer: { io: device.io.Analog, pin: 5 },
		bins: [
			{ name: "beans", sensor: { io, pin: 15 } },
			{ name: "cups", sensor: { io, pin: 2 } },
		],
		timer: device.timer,
	});
	group.grind({ milliseconds: 5_000 }, (ground) => {
		if (ground.outcome !== "done") return onEnd(ground.outcome);
		group.heat(92, (heated) => {
			if (heated.outcome !== "done") return onEnd(heated.outcome);
			group.pump(30, (pumped) => onEnd(pumped.outcome));
		});
	});
	return group;
}
