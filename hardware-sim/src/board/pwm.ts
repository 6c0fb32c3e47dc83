import type { PWM, PWMConstructor, PWMOptions } from "@visionvend/sdk/device/io/pwm";
import type { Driver } from "../net.ts";
import { type BoardHost, closedError, pinName, requireNumber, requirePin } from "./board-host.ts";

/** Bits of duty, as on an ESP32-S3 in Moddable's default. */
const resolution = 10;
const fullDuty = 2 ** resolution - 1;
const defaultHz = 1_000;

/** ECMA-419 clause 10.4. The net carries the real edges, made one by one while the wave runs. */
export function createPWM(host: BoardHost): PWMConstructor {
	return class SimulatedPWM implements PWM {
		readonly resolution = resolution;
		readonly hz: number;
		readonly #owner: string;
		readonly #driver: Driver;
		#duty = 0;
		#release: (() => void) | undefined;
		#cancelEdge: (() => void) | undefined;

		constructor(options: PWMOptions) {
			if (typeof options !== "object" || options === null) throw new TypeError("PWM: options are required.");
			const pin = requirePin("PWM", "pin", options.pin);
			this.hz = requireNumber("PWM", "hz", options.hz ?? defaultHz, 1, 40_000_000);
			this.#owner = `PWM on ${pinName(pin)}`;
			this.#release = host.claim("PWM", [pin], () => this.#letGo());
			this.#driver = host.net(pin).attach();
			this.#driver.drive(0);
		}

		write(duty: number): void {
			if (this.#release === undefined) throw closedError(this.#owner);
			if (!Number.isInteger(duty) || duty < 0 || duty > fullDuty)
				throw new RangeError(`${this.#owner}: duty is an integer from 0 to ${fullDuty}, not ${String(duty)}.`);
			host.access();
			const wasRunning = this.#cancelEdge !== undefined;
			this.#duty = duty;
			if (duty === 0 || duty === fullDuty) {
				this.#cancelEdge?.();
				this.#cancelEdge = undefined;
				this.#driver.drive(duty === 0 ? 0 : 1);
			} else if (!wasRunning) this.#startPeriod(host.clock.now, 0);
		}

		close(): void {
			this.#release?.();
			this.#letGo();
		}

		/** Period number `count` of the wave that began at `origin`. Counting from the origin keeps the frequency exact. */
		#startPeriod(origin: number, count: number): void {
			const period = 1e9 / this.hz;
			const at = origin + count * period;
			this.#driver.drive(1);
			this.#cancelEdge = this.#edgeAt(at + (period * this.#duty) / (fullDuty + 1), () => {
				this.#driver.drive(0);
				this.#cancelEdge = this.#edgeAt(at + period, () => this.#startPeriod(origin, count + 1));
			});
		}

		#edgeAt(at: number, run: () => void): () => void {
			return host.clock.after(Math.max(0, Math.round(at) - host.clock.now), run);
		}

		#letGo(): void {
			this.#release = undefined;
			this.#cancelEdge?.();
			this.#cancelEdge = undefined;
			this.#driver.detach();
		}
	};
}
