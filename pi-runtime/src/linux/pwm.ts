import type { PWM, PWMConstructor, PWMOptions } from "@visionvend/sdk/device/io/pwm";
import { linuxError } from "./linux-error.ts";
import type { LinuxHost } from "./linux-host.ts";
import { closedError, pinName, requireNumber, requireOptions, requirePin } from "./options.ts";
import type { PWMChannel } from "./pwm-channels.ts";

/** Bits of duty, as on the other hosts. */
const resolution = 10;
const fullDuty = 2 ** resolution - 1;
const defaultHz = 1_000;

/** ECMA-419 clause 10.4 on the hardware PWM of the kernel. */
export function createPWM(host: LinuxHost): PWMConstructor {
	return class LinuxPWM implements PWM {
		readonly resolution = resolution;
		readonly hz: number;
		readonly #owner: string;
		readonly #periodNs: number;
		readonly #channel: PWMChannel;
		#release: (() => void) | undefined;

		constructor(options: PWMOptions) {
			requireOptions("PWM", options);
			const pin = requirePin("PWM", "pin", options.pin);
			this.hz = requireNumber("PWM", "hz", options.hz ?? defaultHz, 1, 10_000_000);
			this.#owner = `PWM on ${pinName(pin)}`;
			this.#periodNs = Math.round(1e9 / this.hz);
			const { device, channel, enable } = host.board.pwm(pin);
			const release = host.claims.take({
				owner: "PWM",
				// Two pins that one channel feeds carry the same wave, so the channel is taken like a pin.
				pins: [host.board.line(pin), `channel ${channel} of ${device}`],
				use: undefined,
				close: () => this.close(),
			});
			try {
				this.#channel = host.pwm.channel(this.#owner, device, channel, enable);
				// First, since a period below the duty of before is refused; without a period this is refused and needless.
				this.#channel.write("duty_cycle", 0);
				this.#set("period", this.#periodNs);
				this.#set("duty_cycle", 0);
				this.#set("enable", 1);
			} catch (error) {
				release();
				throw error;
			}
			this.#release = release;
		}

		write(duty: number): void {
			if (this.#release === undefined) throw closedError(this.#owner);
			if (!Number.isInteger(duty) || duty < 0 || duty > fullDuty)
				throw new RangeError(`${this.#owner}: duty is an integer from 0 to ${fullDuty}, not ${String(duty)}.`);
			this.#set(
				"duty_cycle",
				duty === fullDuty ? this.#periodNs : Math.round((this.#periodNs * duty) / (fullDuty + 1)),
			);
		}

		close(): void {
			if (this.#release === undefined) return;
			this.#release();
			this.#release = undefined;
			// Low first: a channel that is switched off may keep its level.
			this.#channel.write("duty_cycle", 0);
			this.#channel.write("enable", 0);
		}

		#set(attribute: "period" | "duty_cycle" | "enable", value: number): void {
			const answer = this.#channel.write(attribute, value);
			if (answer < 0)
				throw linuxError(
					{ owner: this.#owner, path: `${this.#channel.path}/${attribute}`, group: "gpio" },
					`writing ${value} to ${attribute}`,
					-answer,
				);
		}
	};
}
