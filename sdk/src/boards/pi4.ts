import { type PiBoard, piI2C, piLacks, piPins, piPreference, piSPI } from "./pi-board.ts";

/*
	Raspberry Pi 4 Model B. Sources: BCM2711 ARM peripherals (Raspberry Pi Ltd), "GPIO alternate function assignments"; the
	kernel's drivers/pinctrl/pinctrl-bcm2835.c (58 lines, label pinctrl-bcm2711) and arch/arm/boot/dts/overlays/README.
*/
const buses = Object.freeze({
	i2c: piI2C,
	spi: piSPI,
	uart: Object.freeze([
		Object.freeze({ port: 0, device: "/dev/serial0", transmit: 14, receive: 15, enable: "enable_uart=1" }),
	]),
	pwm: Object.freeze({
		device: "fe20c000.pwm",
		channels: Object.freeze([
			Object.freeze({ pin: 12, channel: 0 }),
			Object.freeze({ pin: 13, channel: 1 }),
			Object.freeze({ pin: 18, channel: 0 }),
			Object.freeze({ pin: 19, channel: 1 }),
		]),
		enable: "dtoverlay=pwm-2chan,pin=12,func=4,pin2=13,func2=4",
	}),
});

const gpioLines = 58;

export const pi4: PiBoard = Object.freeze({
	name: "pi4",
	title: "Raspberry Pi 4 Model B",
	gpioLabel: "pinctrl-bcm2711",
	gpioLines,
	...buses,
	pins: piPins(buses, gpioLines, "does not reach the header of a Raspberry Pi 4"),
	preference: piPreference,
	absent: "does not exist on a Raspberry Pi 4",
	lacks: piLacks,
});
