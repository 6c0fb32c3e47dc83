import { HardwareError, type HardwareErrorKind } from "@visionvend/sdk/device/io/hardware-error";
import { errno, errnoName } from "./abi/errno.ts";

/** What was tried, and what a person needs to know to put it right. */
export interface Attempt {
	/** `I2C 0x3C on /dev/i2c-1` */
	readonly owner: string;
	/** The device file or sysfs attribute. */
	readonly path: string;
	/** Group whose members may open it. */
	readonly group: "gpio" | "i2c" | "spi" | "dialout";
	/** Line of config.txt that brings it. */
	readonly enable?: string;
}

/** A failed system call (`number` is errno, 1 or more) as an error that says what, where, and what to do. */
export function linuxError(attempt: Attempt, call: string, number: number): HardwareError {
	const { kind, advice } = explain(attempt, number);
	return new HardwareError(kind, `${attempt.owner}: ${call} failed with ${errnoName(number)}. ${advice}`);
}

function explain(attempt: Attempt, number: number): { readonly kind: HardwareErrorKind; readonly advice: string } {
	const { path, group, enable } = attempt;
	switch (number) {
		case errno.EACCES:
		case errno.EPERM:
			return {
				kind: "bus",
				advice: `This user may not open ${path}: sudo usermod --append --groups ${group} $USER, then log in again.`,
			};
		case errno.ENOENT:
		case errno.ENODEV:
			return {
				kind: "bus",
				advice:
					enable === undefined
						? `${path} is not there. Is this the board that the program is for?`
						: `${path} is not there. Put "${enable}" into /boot/firmware/config.txt and restart.`,
			};
		case errno.EBUSY:
			return {
				kind: "in-use",
				advice: `Another program or a kernel driver holds ${path}. End it, or use another pin.`,
			};
		case errno.EREMOTEIO:
		case errno.ENXIO:
			return {
				kind: "no-acknowledge",
				advice: "No part answers. Check its power, the wires, their pull-ups, and the address.",
			};
		case errno.ETIMEDOUT:
			return { kind: "timeout", advice: "The bus stayed busy. Does a part hold the clock or the data line low?" };
		case errno.EMSGSIZE:
			return {
				kind: "range",
				advice:
					"The kernel takes no transfer as long as this. Put spidev.bufsiz=65536 into /boot/firmware/cmdline.txt.",
			};
		case errno.EINVAL:
		case errno.EOPNOTSUPP:
			return {
				kind: "range",
				advice: "The kernel driver cannot do that: a speed, mode or bias that it does not have.",
			};
		case errno.ENOTTY:
			return {
				kind: "unexpected-device",
				advice: `${path} is another kind of device, or the kernel is older than 5.10.`,
			};
		default:
			return { kind: "bus", advice: `See errno(3), and the kernel's log: dmesg | tail.` };
	}
}
