import { reasonAgainstPin } from "@visionvend/sdk/boards/board";
import type { PiBoard } from "@visionvend/sdk/boards/pi-board";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import { pinName } from "./options.ts";

/** A bus as the kernel shows it. */
export interface LinuxBus {
	/** `/dev/i2c-1` */
	readonly device: string;
	/** Every pin that the bus takes. */
	readonly pins: readonly PinSpecifier[];
	/** Line of config.txt that brings it. */
	readonly enable: string;
}

/** Where on a board Linux shows what. Its functions throw a `RangeError` that names what would do instead. */
export interface LinuxBoard {
	readonly name: string;
	/** Label of the GPIO chip. */
	readonly gpioLabel: string;
	/** The chip's line for a pin. */
	line(pin: PinSpecifier): number;
	i2c(wires: { readonly data: PinSpecifier; readonly clock: PinSpecifier; readonly port?: number }): LinuxBus;
	/** `port` is the number of the bus, or `"0.1"` for its second chip select. */
	spi(wires: {
		readonly out?: PinSpecifier;
		readonly in?: PinSpecifier;
		readonly clock?: PinSpecifier;
		readonly port?: number | string;
	}): LinuxBus;
	serial(wires: { readonly receive: PinSpecifier; readonly transmit: PinSpecifier; readonly port?: number }): LinuxBus;
	/** `device` is the platform device of the PWM block. */
	pwm(pin: PinSpecifier): { readonly device: string; readonly channel: number; readonly enable: string };
	/** Pins of the buses that need no names. */
	readonly defaults: {
		readonly i2c: { readonly data: PinSpecifier; readonly clock: PinSpecifier };
		readonly spi: { readonly out: PinSpecifier; readonly in: PinSpecifier; readonly clock: PinSpecifier };
		readonly serial: { readonly receive: PinSpecifier; readonly transmit: PinSpecifier };
	};
}

/** A Raspberry Pi. Pins are GPIO numbers, or names: `GPIO17`. */
export function piBoard(board: PiBoard): LinuxBoard {
	const first = { i2c: required(board.i2c[0]), spi: required(board.spi[0]), uart: required(board.uart[0]) };
	const gpio = (pin: PinSpecifier): number => {
		const number = typeof pin === "number" ? pin : Number(/^GPIO(\d{1,2})$/.exec(pin)?.[1] ?? Number.NaN);
		if (Number.isNaN(number))
			throw new RangeError(`${board.title}: there is no pin ${pin}. Pins are GPIO numbers, or "GPIO17".`);
		const reason = reasonAgainstPin(board, number);
		if (reason === undefined) return number;
		throw new RangeError(
			`${board.title}: pin ${number} ${reason}. Free are ${board.preference.slice(0, 3).join(", ")}.`,
		);
	};
	return {
		name: board.name,
		gpioLabel: board.gpioLabel,
		line: gpio,
		i2c({ data, clock, port }) {
			const bus = board.i2c.find(
				(candidate) =>
					candidate.data === gpio(data) &&
					candidate.clock === gpio(clock) &&
					(port === undefined || port === candidate.port),
			);
			if (bus !== undefined) return { device: bus.device, pins: [bus.data, bus.clock], enable: bus.enable };
			throw new RangeError(
				`${board.title}: no I2C bus has data on ${pinName(data)} and clock on ${pinName(clock)}. There is ${list(board.i2c.map((one) => `${one.device} on data ${one.data}, clock ${one.clock}`))}.`,
			);
		},
		spi(wires) {
			for (const bus of board.spi) {
				const same = (["out", "in", "clock"] as const).every((name) => {
					const pin = wires[name];
					return pin === undefined || gpio(pin) === bus[name];
				});
				if (!same) continue;
				for (const { device, pin } of bus.selects) {
					const port = wires.port ?? bus.port;
					if (port !== bus.port && device !== `/dev/spidev${port}`) continue;
					return { device, pins: [bus.out, bus.in, bus.clock, pin], enable: bus.enable };
				}
			}
			const buses = board.spi.map((bus) => `SPI${bus.port} on out ${bus.out}, in ${bus.in}, clock ${bus.clock}`);
			throw new RangeError(
				`${board.title}: no SPI bus has ${list((["out", "in", "clock", "port"] as const).flatMap((name) => (wires[name] === undefined ? [] : [`${name} ${wires[name]}`])))}. There is ${list(buses)}.`,
			);
		},
		serial({ receive, transmit, port }) {
			const uart = board.uart.find(
				(candidate) =>
					candidate.receive === gpio(receive) &&
					candidate.transmit === gpio(transmit) &&
					(port === undefined || port === candidate.port),
			);
			if (uart !== undefined) return { device: uart.device, pins: [uart.receive, uart.transmit], enable: uart.enable };
			throw new RangeError(
				`${board.title}: no UART has receive on ${pinName(receive)} and transmit on ${pinName(transmit)}. There is ${list(board.uart.map((one) => `${one.device} on receive ${one.receive}, transmit ${one.transmit}`))}.`,
			);
		},
		pwm(pin) {
			const number = gpio(pin);
			const channel = board.pwm.channels.find((candidate) => candidate.pin === number);
			if (channel !== undefined)
				return { device: board.pwm.device, channel: channel.channel, enable: board.pwm.enable };
			throw new RangeError(
				`${board.title}: pin ${number} ${board.lacks.pwm}. These are: ${board.pwm.channels.map((one) => one.pin).join(", ")}.`,
			);
		},
		defaults: {
			i2c: { data: first.i2c.data, clock: first.i2c.clock },
			spi: { out: first.spi.out, in: first.spi.in, clock: first.spi.clock },
			serial: { receive: first.uart.receive, transmit: first.uart.transmit },
		},
	};
}

function list(names: readonly string[]): string {
	return names.join("; ");
}

function required<Bus>(bus: Bus | undefined): Bus {
	if (bus === undefined) throw new Error("A Raspberry Pi has an I2C bus, an SPI bus and a UART; its data lack one.");
	return bus;
}
