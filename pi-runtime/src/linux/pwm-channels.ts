import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { errno } from "./abi/errno.ts";
import { openFlags } from "./abi/fcntl.ts";
import { type Attempt, linuxError } from "./linux-error.ts";
import type { LinuxSystem } from "./linux-system.ts";

const folder = "/sys/class/pwm";
/** udev gives a fresh channel to group gpio a moment after the kernel has made it. */
const udevTries = 50;
const udevPauseMs = 10;

/** A channel that was exported. */
export interface PWMChannel {
	/** Writes an attribute; answers `-errno`. */
	write(attribute: "period" | "duty_cycle" | "enable", value: number): number;
	readonly path: string;
}

/**
 * Channels of /sys/class/pwm, kernel ABI in Documentation/ABI/testing/sysfs-class-pwm. A channel stays exported until
 * `close`, so that only the first use waits for udev.
 */
export class PWMChannels {
	readonly #system: LinuxSystem;
	readonly #exported = new Map<
		string,
		{ readonly channel: PWMChannel; readonly chip: string; readonly number: number }
	>();

	constructor(system: LinuxSystem) {
		this.#system = system;
	}

	/** The channel of the chip that belongs to a platform device: `1f00098000.pwm`. */
	channel(owner: string, device: string, number: number, enable: string): PWMChannel {
		const known = this.#exported.get(`${device} ${number}`);
		if (known !== undefined) return known.channel;
		const chip = this.#find(owner, device, enable);
		const path = `${chip}/pwm${number}`;
		const attempt: Attempt = { owner, path, group: "gpio", enable };
		const answer = this.#write(`${chip}/export`, number);
		if (answer === -errno.EBUSY) {
			// Left over from a program that was killed, or another one's: only one of the two can be told apart by trying.
			if (this.#system.realPath(path) === undefined) throw linuxError(attempt, "exporting the channel", errno.EBUSY);
		} else if (answer < 0) throw linuxError({ ...attempt, path: `${chip}/export` }, "exporting the channel", -answer);
		this.#awaitUdev(attempt, `${path}/period`);
		const channel: PWMChannel = { path, write: (attribute, value) => this.#write(`${path}/${attribute}`, value) };
		this.#exported.set(`${device} ${number}`, { channel, chip, number });
		return channel;
	}

	/** Gives all channels back. */
	close(): void {
		for (const { chip, number } of this.#exported.values()) this.#write(`${chip}/unexport`, number);
		this.#exported.clear();
	}

	#find(owner: string, device: string, enable: string): string {
		for (const name of this.#system.list(folder)) {
			const real = this.#system.realPath(`${folder}/${name}/device`);
			if (real?.endsWith(`/${device}`) === true) return `${folder}/${name}`;
		}
		throw new HardwareError(
			"bus",
			`${owner}: ${folder} has no chip of ${device}. Put "${enable}" into /boot/firmware/config.txt and restart.`,
		);
	}

	#awaitUdev(attempt: Attempt, path: string): void {
		for (let tries = 1; ; tries++) {
			const fd = this.#system.open(path, openFlags.O_WRONLY | openFlags.O_CLOEXEC);
			if (fd >= 0) {
				this.#system.close(fd);
				return;
			}
			if ((fd !== -errno.EACCES && fd !== -errno.ENOENT) || tries === udevTries)
				throw linuxError(attempt, `opening ${path}`, -fd);
			this.#system.pause(udevPauseMs);
		}
	}

	#write(path: string, value: number): number {
		const fd = this.#system.open(path, openFlags.O_WRONLY | openFlags.O_CLOEXEC);
		if (fd < 0) return fd;
		const answer = this.#system.write(fd, new TextEncoder().encode(String(value)));
		this.#system.close(fd);
		return answer;
	}
}
