import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { HealthBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";
import type { OutgoingMessage } from "../uplink/uplink.ts";
import { hasWarmed, isWorthTelling } from "./health-change.ts";

const PERIOD_MS = 60_000;
/** Between two messages, whatever happens. */
const REST_MS = 2_000;

export interface TelemetryOptions {
	readonly host: ControllerHost;
	readonly topic: string;
	/** How the machine is now. */
	read(): HealthBody;
	/** Weighs, where that is possible now, and calls back in any case. */
	weigh(done: () => void): void;
	send(message: OutgoingMessage): void;
}

/** Tells how the machine is: every minute, and soon when something changes that people want to know. */
export class Telemetry {
	readonly #options: TelemetryOptions;
	readonly #timer: TimerHandle;
	#soon: TimerHandle | undefined;
	/** What was told last, or how it was at the first look. */
	#told: HealthBody | undefined;
	#toldAtMs = -REST_MS;
	#closed = false;

	constructor(options: TelemetryOptions) {
		this.#options = options;
		this.#timer = options.host.timer.repeat(() => options.weigh(() => this.#report()), PERIOD_MS);
	}

	/** Something may have changed. */
	look(): void {
		if (this.#soon !== undefined) return;
		const { timer, ticks } = this.#options.host;
		const wait = Math.max(0, this.#toldAtMs + REST_MS - ticks());
		this.#soon = timer.set(() => {
			this.#soon = undefined;
			const now = this.#options.read();
			this.#told ??= now;
			if (isWorthTelling(this.#told, now)) this.#tell(now);
		}, wait);
	}

	/** The thermometer has been read. */
	temperature(centidegrees: number | undefined): void {
		// Without a look at everything else: it is read every few seconds, for years.
		if (hasWarmed(this.#told?.temperatureCentidegrees, centidegrees)) this.look();
	}

	/** A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		const { timer } = this.#options.host;
		timer.clear(this.#timer);
		if (this.#soon !== undefined) timer.clear(this.#soon);
	}

	#report(): void {
		if (!this.#closed) this.#tell(this.#options.read());
	}

	#tell(body: HealthBody): void {
		this.#told = body;
		this.#toldAtMs = this.#options.host.ticks();
		this.#options.send({ topic: this.#options.topic, droppable: true, body: () => body });
	}
}
