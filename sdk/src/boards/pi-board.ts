import type { Board, BoardPin, PinAbility } from "./board.ts";

/** An I2C bus of a Pi as Linux shows it. */
export interface PiI2CBus {
	readonly port: number;
	readonly device: string;
	readonly data: number;
	readonly clock: number;
	/** Line of config.txt that brings it. */
	readonly enable: string;
}

export interface PiSPIBus {
	readonly port: number;
	/** Chip selects, each with the device that drives it. */
	readonly selects: readonly { readonly device: string; readonly pin: number }[];
	readonly out: number;
	readonly in: number;
	readonly clock: number;
	readonly enable: string;
}

export interface PiUART {
	readonly port: number;
	readonly device: string;
	readonly transmit: number;
	readonly receive: number;
	readonly enable: string;
}

/** The PWM block whose channels reach the header. */
export interface PiPWM {
	/** Name of the platform device: the number of `pwmchip` differs from kernel to kernel. */
	readonly device: string;
	readonly channels: readonly { readonly pin: number; readonly channel: number }[];
	readonly enable: string;
}

/** A Raspberry Pi: what its 40-pin header can do, and where Linux shows it. */
export interface PiBoard extends Board {
	/** Label of the GPIO character device that carries the header. Its number differs from kernel to kernel. */
	readonly gpioLabel: string;
	/** Lines of that device. */
	readonly gpioLines: number;
	readonly i2c: readonly PiI2CBus[];
	readonly spi: readonly PiSPIBus[];
	readonly uart: readonly PiUART[];
	readonly pwm: PiPWM;
}

/** The I2C bus that every Pi since 2014 has on pins 3 and 5, with pull-ups of 1.8 kΩ on the board. */
export const piI2C: readonly PiI2CBus[] = Object.freeze([
	Object.freeze({ port: 1, device: "/dev/i2c-1", data: 2, clock: 3, enable: "dtparam=i2c_arm=on" }),
]);

/** SPI0 with its two selects, and SPI1 with one (dtoverlay=spi1-1cs), on the same pins of a Pi 4 and a Pi 5. */
export const piSPI: readonly PiSPIBus[] = Object.freeze([
	Object.freeze({
		port: 0,
		selects: Object.freeze([
			Object.freeze({ device: "/dev/spidev0.0", pin: 8 }),
			Object.freeze({ device: "/dev/spidev0.1", pin: 7 }),
		]),
		out: 10,
		in: 9,
		clock: 11,
		enable: "dtparam=spi=on",
	}),
	Object.freeze({
		port: 1,
		selects: Object.freeze([Object.freeze({ device: "/dev/spidev1.0", pin: 18 })]),
		out: 20,
		in: 19,
		clock: 21,
		enable: "dtoverlay=spi1-1cs",
	}),
]);

/** Pin of the 40-pin header for each GPIO from 0 to 27; the same on every Pi since 2014. */
const headerPins = Object.freeze([
	27, 28, 3, 5, 7, 29, 31, 26, 24, 21, 19, 23, 32, 33, 8, 10, 36, 11, 12, 35, 38, 40, 15, 16, 18, 22, 37, 13,
]);

/** What the pins of a header do besides being GPIOs, from the buses of the board. */
export function piPins(
	buses: Pick<PiBoard, "i2c" | "spi" | "uart" | "pwm">,
	lines: number,
	notOnHeader: string,
): readonly BoardPin[] {
	const abilities = new Map<number, Map<PinAbility, string>>();
	const add = (pin: number, ability: PinAbility, what: string): void => {
		const known = abilities.get(pin) ?? new Map<PinAbility, string>();
		known.set(ability, what);
		abilities.set(pin, known);
	};
	for (const { port, data, clock } of buses.i2c) {
		add(data, "i2c", `I2C${port} data`);
		add(clock, "i2c", `I2C${port} clock`);
	}
	for (const { port, out, in: input, clock, selects } of buses.spi) {
		add(out, "spi", `SPI${port} out (MOSI)`);
		add(input, "spi", `SPI${port} in (MISO)`);
		add(clock, "spi", `SPI${port} clock`);
		for (const { pin, device } of selects) add(pin, "spi", `SPI${port} select of ${device}`);
	}
	for (const { port, transmit, receive } of buses.uart) {
		add(transmit, "uart", `UART${port} transmit (TXD)`);
		add(receive, "uart", `UART${port} receive (RXD)`);
	}
	for (const { pin, channel } of buses.pwm.channels) add(pin, "pwm", `PWM channel ${channel}`);

	const pins: BoardPin[] = [];
	for (let gpio = 0; gpio < lines; gpio++) {
		const place = headerPins[gpio];
		if (place === undefined) pins.push({ gpio, can: [], refused: notOnHeader });
		else if (gpio < 2)
			pins.push({
				gpio,
				place: String(place),
				can: [],
				also: gpio === 0 ? "ID_SD" : "ID_SC",
				refused: "reads the identification EEPROM of a HAT at boot",
			});
		else {
			const more = abilities.get(gpio);
			pins.push({
				gpio,
				place: String(place),
				can: Object.freeze(["digital", ...(more?.keys() ?? [])]) as readonly PinAbility[],
				...(more === undefined ? {} : { also: [...more.values()].join(", ") }),
			});
		}
	}
	return Object.freeze(pins.map((pin) => Object.freeze(pin)));
}

/** Pins without a second task first; then those of SPI, PWM, UART; the I2C pins last, since resistors pull them up. */
export const piPreference: readonly number[] = Object.freeze([
	17, 27, 22, 23, 24, 25, 5, 6, 16, 26, 4, 20, 21, 12, 13, 18, 19, 7, 8, 9, 10, 11, 14, 15, 2, 3,
]);

export const piLacks: Readonly<Record<PinAbility, string>> = Object.freeze({
	digital: "is no digital pin",
	adc: "cannot measure a voltage: a Raspberry Pi has no ADC. Put one on the I2C bus, or measure on the controller",
	pwm: "is no output of the hardware PWM",
	i2c: "is no pin of an I2C bus",
	spi: "is no pin of an SPI bus",
	uart: "is no pin of a UART",
});
