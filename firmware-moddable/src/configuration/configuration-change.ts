import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type {
	CommandStatusBody,
	ConfigurationUpdateBody,
	ConfiguredScale,
	ControllerConfiguration,
} from "@visionvend/sdk/device/messages";
import type { CalmRestart } from "../calm-restart.ts";
import type { ControllerHost } from "../controller-host.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { type ChosenConfiguration, endTrial } from "./choose-configuration.ts";
import { type ConfigurationTrial, writeConfiguration, writeTrial } from "./configuration-store.ts";
import { mergeSettings } from "./merge-settings.ts";

/** How long a new configuration may take until the cloud has been heard with it. */
const TRIAL_MS = 60_000;
const POLL_MS = 1_000;

export interface ConfigurationChangeOptions {
	readonly host: ControllerHost;
	/** What this start runs with. */
	readonly chosen: ChosenConfiguration;
	readonly restart: CalmRestart;
	/** Nobody is at the machine. */
	isFree(): boolean;
	/** Tells the cloud; `onDelivered` when it has been told. */
	status(body: CommandStatusBody, onDelivered?: () => void): void;
}

/**
 * Why a configuration is refused, or does not stay:
 *
 * - `version-used`: this version, or a later one, runs or has been tried
 * - `bad-configuration`: it lacks something, contradicts itself or does not fit this board; `detail` says what
 * - `busy`: another one is on trial
 * - `superseded`: a later one came before this one was tried
 * - `storage`: it could not be kept
 * - `rolled-back`: a part did not start with it, the cloud was not heard for a minute, or the power went meanwhile
 */
export type ConfigurationRefusal =
	| "version-used"
	| "bad-configuration"
	| "busy"
	| "superseded"
	| "storage"
	| "rolled-back";

/** New configurations by message: checked, kept beside the old one, tried for a minute, and kept or given up. */
export class ConfigurationChange {
	readonly #options: ConfigurationChangeOptions;
	readonly #endsAtMs: number;
	#configuration: ControllerConfiguration;
	#trial: ConfigurationTrial | undefined;
	#timer: TimerHandle | undefined;
	#reachedCloud = false;
	#closed = false;

	constructor(options: ConfigurationChangeOptions) {
		const { host, chosen } = options;
		this.#options = options;
		this.#configuration = chosen.configuration;
		this.#trial = chosen.trial;
		this.#endsAtMs = host.ticks() + TRIAL_MS;
		if (!chosen.onTrial) return;
		host.log("configuration.trial", { version: chosen.configuration.version });
		this.#timer = host.timer.repeat(() => this.#look(), POLL_MS);
	}

	/** A configuration waits to be tried, or is being tried. */
	get isPending(): boolean {
		return this.#trial?.stage === "waiting" || this.#trial?.stage === "running";
	}

	/** Tells how an earlier change has come out, if nobody has heard of it yet. */
	begin(): void {
		const trial = this.#trial;
		if (trial === undefined) return;
		if (trial.stage === "running") this.#say(trial);
		else if (!trial.told) this.#sayEnd(trial);
	}

	/** The cloud has answered a hello of this start. */
	reachedCloud(): void {
		this.#reachedCloud = true;
	}

	/** The cloud has a new configuration. */
	take(update: ConfigurationUpdateBody): void {
		this.#options.host.timer.set(() => {
			if (!this.#closed) this.#take(update);
		}, 0);
	}

	/** Keeps new calibrations, without a trial. Returns "" or why that cannot be. */
	keepScales(scales: readonly ConfiguredScale[]): "" | "busy" | "storage" {
		if (this.isPending) return "busy";
		const configuration = { ...this.#configuration, scales };
		if (!this.#write(() => writeConfiguration(this.#options.host.storage, configuration))) return "storage";
		this.#configuration = configuration;
		return "";
	}

	/** With the calibrations that hold now. */
	get scales(): readonly ConfiguredScale[] {
		return this.#configuration.scales;
	}

	/** Ends the trial without a verdict: the next start rolls back. A second call does nothing. */
	close(): void {
		this.#closed = true;
		this.#rest();
	}

	// A new one

	#take(update: ConfigurationUpdateBody): void {
		const { host, restart } = this.#options;
		const { commandId, version } = update;
		const before = this.#trial;
		if (before?.commandId === commandId) {
			// The cloud repeats itself: it may have missed what was said.
			this.#say(before);
			return;
		}
		const configuration = mergeSettings(this.#configuration, update);
		const refusal = this.#refusal(version);
		const checked = refusal === undefined ? this.#check(configuration) : configuration;
		if (refusal !== undefined || typeof checked === "string") {
			const reason: ConfigurationRefusal = refusal ?? "bad-configuration";
			host.log("configuration.refused", { commandId, version, reason });
			const detail = typeof checked === "string" ? checked : "";
			this.#options.status({ commandId, state: "failed", reason, detail });
			return;
		}
		const trial: ConfigurationTrial = { commandId, version, stage: "waiting", reason: "", told: false };
		if (!this.#write(() => writeTrial(host.storage, { ...trial, configuration }))) {
			this.#options.status({ commandId, state: "failed", reason: "storage", detail: "" });
			return;
		}
		if (before?.stage === "waiting") {
			const reason: ConfigurationRefusal = "superseded";
			this.#options.status({ commandId: before.commandId, state: "failed", reason, detail: "" });
		}
		this.#trial = trial;
		host.log("configuration.accepted", { commandId, version });
		this.#say(trial);
		restart.request();
	}

	#refusal(version: number): ConfigurationRefusal | undefined {
		if (this.#trial?.stage === "running") return "busy";
		const isUsed = version <= this.#configuration.version || version <= (this.#trial?.version ?? 0);
		return isUsed ? "version-used" : undefined;
	}

	#check(configuration: Readonly<Record<string, unknown>>): ControllerConfiguration | string {
		const { kind } = this.#configuration;
		if (configuration.kind !== kind) {
			// Counters and reports are kept by kind: as another one it would forget what it has sold.
			return `A ${kind} machine does not become another kind by message. Provision the controller anew.`;
		}
		return checkConfiguration(configuration, this.#options.host);
	}

	// The trial

	#look(): void {
		const { host, isFree, restart } = this.#options;
		const trial = this.#trial;
		if (trial === undefined) return;
		if (this.#reachedCloud) {
			this.#rest();
			// First the configuration, then the word that it stays: in between, the next start sees that they are the same.
			const hasStayed = this.#write(() => writeConfiguration(host.storage, this.#configuration));
			this.#end(hasStayed ? "" : "storage");
			if (!hasStayed) restart.request();
		} else if (host.ticks() >= this.#endsAtMs && isFree()) {
			this.#rest();
			this.#end("rolled-back");
			restart.request();
		}
	}

	#end(reason: ConfigurationRefusal | ""): void {
		const { host } = this.#options;
		if (this.#trial === undefined) return;
		const trial = endTrial(host, this.#trial, reason);
		this.#trial = trial;
		host.log(reason === "" ? "configuration.kept" : "configuration.failed", {
			version: trial.version,
			message: reason,
		});
		// What failed is told by the start that runs without it: this one could not reach anybody.
		if (reason === "") this.#sayEnd(trial);
	}

	// What is told

	#say({ commandId, stage, reason }: ConfigurationTrial): void {
		const state = stage === "waiting" ? "received" : stage;
		this.#options.status({ commandId, state, reason, detail: this.#runs() });
	}

	/** Until it has been heard, through power cuts. */
	#sayEnd(trial: ConfigurationTrial): void {
		const { host, status } = this.#options;
		const { commandId, reason } = trial;
		const state = trial.stage === "done" ? "done" : "failed";
		status({ commandId, state, reason, detail: this.#runs() }, () => {
			if (this.#trial?.commandId !== commandId) return;
			const told = { ...trial, told: true };
			if (this.#write(() => writeTrial(host.storage, told))) this.#trial = told;
		});
	}

	#runs(): string {
		return `Configuration ${this.#configuration.version} runs.`;
	}

	#write(write: () => void): boolean {
		try {
			write();
			return true;
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#options.host.log("storage.failed", { message: error.message });
			return false;
		}
	}

	#rest(): void {
		if (this.#timer !== undefined) this.#options.host.timer.clear(this.#timer);
		this.#timer = undefined;
	}
}
