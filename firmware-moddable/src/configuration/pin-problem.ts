import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";

/** In words which GPIO is to do two things at once; `undefined` when none is. */
export function pinProblem(configuration: ControllerConfiguration): string | undefined {
	const pins = pinsInUse(configuration);
	const twice = pins.find((pin, index) => pins.indexOf(pin) < index);
	return twice === undefined ? undefined : `GPIO ${twice} is in the configuration twice.`;
}

function pinsInUse({ kind, uplink, pins, scales, battery, foodSafety, vending, coffee }: ControllerConfiguration) {
	const { lock, hall, oledData, oledClock, neopixel, buzzer, linkReceive, linkTransmit, piSignal } = pins;
	const used = [lock, hall, oledData, oledClock, neopixel, buzzer, piSignal];
	const add = (...more: readonly (number | undefined)[]): void => {
		for (const pin of more) if (pin !== undefined) used.push(pin);
	};
	add(pins.bolt, pins.restockButton);
	if (uplink.via !== "wifi") add(linkReceive, linkTransmit);
	if (uplink.via === "lte") add(pins.modemPower);
	for (const { clock, data } of scales) add(clock, data);
	add(battery?.pin, foodSafety?.receive, foodSafety?.transmit);
	if (kind === "vending" && vending !== undefined) {
		add(...vending.motors, vending.home, vending.drop, vending.emitter);
	}
	if (kind === "coffee" && coffee !== undefined) {
		const { grinder, pump, flow, heater, thermometer, safety, water } = coffee.pins;
		add(grinder, pump, flow, heater, thermometer, safety, water);
		for (const { pin } of coffee.bins) add(pin);
	}
	return used;
}
