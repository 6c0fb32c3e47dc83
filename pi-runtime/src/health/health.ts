import type { HealthBody } from "@visionvend/sdk/protocol/messages";
import type { StoreCounts } from "../store/store.ts";

/** One camera and what looks at its pictures. */
export interface CameraHealth {
	readonly camera: number;
	readonly status: "starting" | "running" | "stalled" | "closed";
	/** Over the last ten seconds. */
	readonly framesPerSecond: number;
	/** Frames that were lost, by reason. */
	readonly drops: Readonly<Record<string, number>>;
	/** Frames that the detector has looked at. */
	readonly detected: number;
	/** Of the newest frame; `undefined` before the first. */
	readonly inferenceMs: number | undefined;
	/** How often its detector died and was started again. */
	readonly restarts: number;
}

/** The eyes. `absent`: they are asked for and could not be opened; the log says why. */
export type VisionHealth =
	| { readonly status: "off" | "absent" }
	| {
			readonly status: "up" | "failing";
			/** Its file. */
			readonly model: string;
			/** `machine`: the one that was installed, or the service's own. */
			readonly modelFrom: "configuration" | "machine";
			readonly cameras: readonly CameraHealth[];
	  };

/** The recorder. */
export interface RecordingHealth {
	readonly status: "off" | "up" | "failing";
	/** Of all recordings. */
	readonly bytes: number;
	/** Frames that wait for an encoder. */
	readonly waiting: number;
	readonly drops: Readonly<Record<string, number>>;
}

/** The machine that the service runs on. */
export interface HostHealth {
	/** Free, from 0 to 1; `undefined` where the system does not tell. */
	readonly diskFree: number | undefined;
	readonly temperatureCelsius: number | undefined;
	readonly residentBytes: number;
}

/** What `GET /health` answers. */
export interface Health {
	/** `degraded`: something is down. Nothing is lost meanwhile; the service goes on and catches up. */
	readonly status: "healthy" | "degraded";
	/** The controller. `pending`: commands that it has not acknowledged. */
	readonly link: {
		readonly status: "up" | "down";
		readonly pending: number;
		readonly framesSent: number;
		readonly framesReceived: number;
		readonly framesDropped: number;
		readonly retransmissions: number;
	};
	readonly broker: { readonly status: "up" | "down" };
	/** `pending`: everything that waits. `unacknowledged` counts `undecided` reports, too. */
	readonly store:
		| ({ readonly status: "ok" | "failing"; readonly pending: number } & StoreCounts)
		| { readonly status: "failing"; readonly error: string };
	/** The phase of the lock (`locked`, `open` …), as the controller told last; `unknown` until it tells. */
	readonly lock: HealthBody["phase"] | "unknown";
	/** As the controller told last. `unknown`: it has not told since the service started. */
	readonly scales:
		| { readonly status: "unknown" }
		| { readonly status: "up" | "failing"; readonly massesMilligrams: HealthBody["massesMilligrams"] };
	readonly vision: VisionHealth;
	readonly recording: RecordingHealth;
	readonly host: HostHealth;
	readonly version: string;
	readonly uptimeMs: number;
}
