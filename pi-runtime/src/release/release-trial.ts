import type { Clock } from "@visionvend/sdk/clock";
import type { ReleaseFolder } from "./release-folder.ts";
import { type PartsHealth, partsUp } from "./running-health.ts";

/** So long everything must have been up. */
const steadyMs = 60_000;
const everyMs = 5_000;
/** Then the release counts as one that does not work. */
const patienceMs = 600_000;

/**
 * Confirms the release that runs on trial once all that was up before the switch has been up for a minute. After ten
 * minutes without that `onFailed` is called: the service ends, and after three such starts the release before it runs again.
 */
export class ReleaseTrial {
	readonly #options: ReleaseTrialOptions;
	#cancel: (() => void) | undefined;

	constructor(options: ReleaseTrialOptions) {
		this.#options = options;
	}

	/** Does nothing when no release is on trial. */
	async start(): Promise<void> {
		const trial = await this.#options.folder.trial();
		if (trial === undefined) return;
		const { clock, health, folder, onConfirmed, onFailed } = this.#options;
		const startedMs = clock.now();
		let steadySinceMs: number | undefined;
		const look = async (): Promise<void> => {
			const up = partsUp(await health());
			const isWell = trial.before.every((part) => up.includes(part));
			const nowMs = clock.now();
			steadySinceMs = isWell ? (steadySinceMs ?? nowMs) : undefined;
			if (steadySinceMs !== undefined && nowMs - steadySinceMs >= steadyMs) {
				await folder.confirm();
				onConfirmed(trial.version);
				return;
			}
			if (nowMs - startedMs >= patienceMs) {
				onFailed(trial.before.filter((part) => !up.includes(part)));
				return;
			}
			this.#cancel = clock.after(everyMs, () => void look().catch(this.#options.onError));
		};
		await look();
	}

	close(): void {
		this.#cancel?.();
	}
}

export interface ReleaseTrialOptions {
	readonly folder: ReleaseFolder;
	readonly clock: Clock;
	health(): Promise<PartsHealth>;
	onConfirmed(version: string): void;
	/** `missing`: what was up before and is not now. */
	onFailed(missing: readonly string[]): void;
	onError(error: unknown): void;
}
