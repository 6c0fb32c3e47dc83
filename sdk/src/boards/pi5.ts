import { type PiBoard, piI2C, piLacks, piPins, piPreference, piSPI } from "./pi-board.ts";

/*
	Raspberry Pi 5: the header belongs to the RP1 chip. Sources: RP1 peripherals (Raspberry Pi Ltd), "GPIO functions"; the
	kernel's drivers/pinctrl/pinctrl-rp1.c (54 lines, label pinctrl-rp1, functions of each pin) and
	arch/arm/boot/dts/overlays/README; raspberrypi/linux issue 6818 (PWM device, and why not by number).
*/
const buses = Object.freeze({
	i2c: piI2C,
	spi: piSPI,
	uart: Object.freeze([
		Object.freeze({ port: 0, device: "/dev/ttyAMA0", transmit: 14, receive: 15, enable: "dtoverlay=uart0-pi5" }),
	]),
	pwm: Object.freeze({
		device: "1f00098000.pwm",
		channels: Object.freeze([
			Object.freeze({ pin: 12, channel: 0 }),
			Object.freeze({ pin: 13, channel: 1 }),
			Object.freeze({ pin: 18, channel: 2 }),
			Object.freeze({ pin: 19, channel: 3 }),
		]),
		enable: "dtoverlay=pwm-2chan,pin=12,func=4,pin2=13,func2=4",
	}),
});

const gpioLines = 54;

export const pi5: PiBoard = Object.freeze({
	name: "pi5",
	title: "Raspberry Pi 5",
	gpioLabel: "pinctrl-rp1",
	gpioLines,
	...buses,
	pins: piPins(buses, gpioLines, "does not reach the header of a Raspberry Pi 5"),
	preference: piPreference,
	absent: "does not exist on a Raspberry Pi 5",
	lacks: piLacks,
});
