import type { PWM } from "@visionvend/sdk/device/io/pwm";
import type { Board } from "../board/board.ts";
import { answering, type DeviceFile } from "./device-file.ts";
import { errno } from "./kernel-abi.ts";

/** udev has given a fresh channel to group gpio after this long. */
const udevNs = 20_000_000;

interface Channel {
	readonly usableAt: number;
	periodNs: number;
	dutyNs: number;
	enabled: boolean;
	wave: { readonly pwm: PWM; readonly periodNs: number } | undefined;
}

/** The attributes of one chip in /sys/class/pwm (Documentation/ABI/testing/sysfs-class-pwm). */
export class SimulatedPWMChip {
	readonly #board: Board;
	/** Pin that a channel drives; `undefined` where there is no such channel. */
	readonly #pinOf: (channel: number) => number | undefined;
	readonly #channels = new Map<number, Channel>();

	constructor(board: Board, pinOf: (channel: number) => number | undefined) {
		this.#board = board;
		this.#pinOf = pinOf;
	}

	/** `path` is within the chip's folder: `export`, `pwm0/period`. A number is `-errno`. */
	open(path: string): DeviceFile | number {
		if (path === "export") return this.#attribute((number) => this.#export(number));
		if (path === "unexport") return this.#attribute((number) => this.#unexport(number));
		const match = /^pwm(\d+)\/(period|duty_cycle|enable)$/.exec(path);
		const number = Number(match?.[1]);
		const channel = this.#channels.get(number);
		const pin = this.#pinOf(number);
		if (match === null || channel === undefined || pin === undefined) return -errno.ENOENT;
		if (this.#board.clock.now < channel.usableAt) return -errno.EACCES;
		return this.#attribute((value) => {
			const next = { ...channel };
			if (match[2] === "period") next.periodNs = value;
			else if (match[2] === "duty_cycle") next.dutyNs = value;
			else next.enabled = value === 1;
			// pwm_apply_state in drivers/pwm/core.c.
			if (next.periodNs === 0 || next.dutyNs > next.periodNs) return -errno.EINVAL;
			Object.assign(channel, next);
			return answering(() => {
				this.#drive(channel, pin);
				return 0;
			});
		});
	}

	has(path: string): boolean {
		return path === "" || this.#channels.has(Number(/^pwm(\d+)$/.exec(path)?.[1]));
	}

	#attribute(write: (value: number) => number): DeviceFile {
		return {
			write(bytes) {
				const text = new TextDecoder().decode(bytes).trim();
				if (!/^\d+$/.test(text)) return -errno.EINVAL;
				const answer = write(Number(text));
				return answer < 0 ? answer : bytes.length;
			},
			close: () => undefined,
		};
	}

	#export(number: number): number {
		if (this.#pinOf(number) === undefined) return -errno.ENODEV;
		if (this.#channels.has(number)) return -errno.EBUSY;
		this.#channels.set(number, {
			usableAt: this.#board.clock.now + udevNs,
			periodNs: 0,
			dutyNs: 0,
			enabled: false,
			wave: undefined,
		});
		return 0;
	}

	#unexport(number: number): number {
		const channel = this.#channels.get(number);
		if (channel === undefined) return -errno.ENODEV;
		channel.wave?.pwm.close();
		this.#channels.delete(number);
		return 0;
	}

	#drive(channel: Channel, pin: number): void {
		const { periodNs, dutyNs, enabled } = channel;
		if (!enabled || channel.wave?.periodNs !== periodNs) {
			channel.wave?.pwm.close();
			channel.wave = undefined;
		}
		if (!enabled) return;
		channel.wave ??= { pwm: new this.#board.io.PWM({ pin, hz: 1e9 / periodNs }), periodNs };
		const { pwm } = channel.wave;
		const full = 2 ** pwm.resolution - 1;
		pwm.write(dutyNs === periodNs ? full : Math.min(full - 1, Math.round((dutyNs / periodNs) * (full + 1))));
	}
}
