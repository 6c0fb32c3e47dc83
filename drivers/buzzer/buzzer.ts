/*
	Passive piezo buzzer
	Sounds at the frequency of its input
*/
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { PWM, PWMConstructor, PWMOptions } from "@visionvend/sdk/device/io/pwm";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** Where most piezo discs are loudest. */
const usualHz = 2_700;
const longestMs = 10_000;

export interface BuzzerOptions {
	readonly output: Connection<PWMConstructor> & Pick<PWMOptions, "pin">;
	readonly timer: Timer;
	/** Pitch in hertz, 20 to 20,000. 2,700 where not given. */
	readonly hz?: number;
}

export interface BuzzerConfiguration {
	readonly hz: number;
}

/** Beeper, after ECMA-419's peripheral class pattern. */
export class Buzzer {
	readonly #timer: Timer;
	readonly #hz: number;
	#output: PWM | undefined;
	#end: TimerHandle | undefined;

	constructor(options: BuzzerOptions) {
		const { output, timer, hz = usualHz } = options;
		if (typeof output?.io !== "function") throw new TypeError('Buzzer: option "output" is { io: PWM, pin }.');
		if (typeof timer?.set !== "function") throw new TypeError('Buzzer: option "timer" is a Timer.');
		if (typeof hz !== "number" || !(hz >= 20 && hz <= 20_000))
			throw new RangeError(`Buzzer: hz is a number from 20 to 20000, not ${String(hz)}.`);
		this.#timer = timer;
		this.#hz = hz;
		this.#output = new output.io({ ...output, hz });
	}

	/** There is nothing to configure: the pitch belongs to the pin's timer, which opens with it. */
	configure(_options: object): void {
		this.#requireOpen();
	}

	/** Sounds for `durationMs` (an integer, 1 to 10,000). A beep that sounds already ends at the new time. */
	beep(durationMs: number): void {
		const output = this.#requireOpen();
		if (!Number.isInteger(durationMs) || durationMs < 1 || durationMs > longestMs)
			throw new RangeError(`Buzzer: durationMs is an integer from 1 to ${longestMs}, not ${String(durationMs)}.`);
		if (this.#end !== undefined) this.#timer.clear(this.#end);
		this.#end = this.#timer.set(() => {
			this.#end = undefined;
			this.#output?.write(0);
		}, durationMs);
		output.write(2 ** (output.resolution - 1)); // half of the time high is loudest
	}

	/** Ends the sound now. */
	silence(): void {
		const output = this.#requireOpen();
		output.write(0);
		if (this.#end !== undefined) this.#timer.clear(this.#end);
		this.#end = undefined;
	}

	get configuration(): BuzzerConfiguration {
		return { hz: this.#hz };
	}

	get identification(): { readonly model: "Passive piezo buzzer"; readonly classification: "Sound" } {
		return { model: "Passive piezo buzzer", classification: "Sound" };
	}

	/** Ends the sound, and lets go of the pin. */
	close(): void {
		if (this.#output === undefined) return;
		this.silence();
		this.#output.close();
		this.#output = undefined;
	}

	#requireOpen(): PWM {
		if (this.#output === undefined) throw new Error("Buzzer is closed. Make a new instance.");
		return this.#output;
	}
}
