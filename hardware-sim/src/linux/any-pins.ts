import type { PinSpecifier } from "@visionvend/sdk/device/io/io";

interface Bus {
	readonly device: string;
	readonly pins: readonly PinSpecifier[];
	readonly enable: string;
}

const enable = "";

/**
 * A board that no shop sells: every number is a line, and any pins are an I2C bus, an SPI bus, a UART or a PWM. A program
 * that was written for another board's pins runs on it over `SimulatedLinux` with layout `"any-pins"`; it is a
 * `LinuxBoard` of the Linux provider.
 */
export const anyPins = Object.freeze({
	name: "any-pins",
	gpioLabel: "any-pins",
	line(pin: PinSpecifier): number {
		if (typeof pin === "number") return pin;
		throw new RangeError(`any-pins: pins are numbers, not ${pin}.`);
	},
	i2c({ data, clock }: { readonly data: PinSpecifier; readonly clock: PinSpecifier }): Bus {
		return { device: `/dev/i2c-${data}-${clock}`, pins: [data, clock], enable };
	},
	spi(wires: { readonly out?: PinSpecifier; readonly in?: PinSpecifier; readonly clock?: PinSpecifier }): Bus {
		const pins = [wires.out, wires.in, wires.clock];
		return {
			device: `/dev/spidev-${pins.map((pin) => pin ?? "x").join("-")}`,
			pins: pins.filter((pin) => pin !== undefined),
			enable,
		};
	},
	serial({ receive, transmit }: { readonly receive: PinSpecifier; readonly transmit: PinSpecifier }): Bus {
		return { device: `/dev/tty-${receive}-${transmit}`, pins: [receive, transmit], enable };
	},
	pwm(pin: PinSpecifier): { readonly device: string; readonly channel: number; readonly enable: string } {
		return { device: "any-pins.pwm", channel: anyPins.line(pin), enable };
	},
	defaults: Object.freeze({
		i2c: Object.freeze({ data: 10, clock: 11 }),
		spi: Object.freeze({ out: 14, in: 15, clock: 42 }),
		serial: Object.freeze({ receive: 18, transmit: 17 }),
	}),
});
