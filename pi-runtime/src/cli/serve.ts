import { dirname, join } from "node:path";
import { serve as serveHttp } from "@hono/node-server";
import { systemClock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { systemRandom } from "@visionvend/sdk/random";
import { pino } from "pino";
import { monotonicClock } from "../capture/monotonic-clock.ts";
import type { PiConfiguration } from "../configuration.ts";
import { errorText } from "../error-text.ts";
import type { OpenEyes } from "../events/open-eyes.ts";
import { openSerialPort } from "../link/stream-port.ts";
import { LogBuffer } from "../log/log-buffer.ts";
import { createPiRuntime } from "../pi-runtime.ts";
import type { Recorder } from "../record/recorder.ts";
import { machineInstallations } from "../release/installations.ts";
import { machineModelPath } from "../release/installed-model.ts";
import type { ReleaseFolder } from "../release/release-folder.ts";
import { ReleaseTrial } from "../release/release-trial.ts";
import { Supervisor } from "../systemd/supervisor.ts";
import { brokerAccounts, connectBroker } from "./connect-broker.ts";
import { jsonLog } from "./json-log.ts";
import { serveDetection } from "./serve-detection.ts";

/** How long the work under way may take after SIGTERM; less than systemd's 90 s before it kills. */
const closingMs = 10_000;

/** Runs the service until SIGTERM or SIGINT. */
export async function serve(configuration: PiConfiguration): Promise<void> {
	const journal = jsonLog(systemClock, pino.destination({ dest: 1, sync: true }));
	const logBuffer = new LogBuffer(systemClock, configuration.cloudLogLevel ?? "warn");
	const log: Log = (entry) => {
		journal(entry);
		logBuffer.add(entry);
	};
	const supervisor = new Supervisor(process.env, systemClock);
	const { uart, baud, healthPort, broker: brokerSettings } = configuration;

	warnOfPlainBroker(brokerSettings.url, (url) => log({ level: "warn", room: "pi", event: "broker.plain", url }));
	const controller = await openSerialPort({
		uart,
		baud,
		clock: systemClock,
		onProblem: (problem) => log({ level: "warn", room: "pi", event: "wire.down", problem }),
	});
	const accounts = await brokerAccounts(configuration);
	const broker = await connectBroker(configuration, accounts, (problem) =>
		log({ level: "warn", room: "pi", event: "broker.problem", problem }),
	);
	const recorder = await record(configuration.vision, log);
	const installations = machineInstallations(process.env);
	const models = installations["visionvend-model"].folder;
	const watching = await watch(configuration.vision, recorder, models, log);
	const detection = await serveDetection(configuration.detect, models, log);
	const runtime = await createPiRuntime(configuration, {
		clock: systemClock,
		monotonic: monotonicClock,
		eyes: watching?.eyes,
		recording: recorder,
		health: {
			vision: () => watching?.health() ?? { status: configuration.vision === undefined ? "off" : "absent" },
			recording: () => recorder?.health() ?? { status: "off", bytes: 0, waiting: 0, drops: {} },
		},
		random: systemRandom,
		broker,
		onAccount: (account) => accounts.add(account),
		controller,
		log,
		logBuffer,
		evidenceFolder: join(dirname(configuration.databaseUrl.replace(/^file:/, "")), "evidence", configuration.machineId),
	});
	// Loopback only: the answer tells about the machine, and nobody has to log in for it.
	const server = serveHttp({ fetch: runtime.app.fetch, hostname: "127.0.0.1", port: healthPort }, ({ port }) => {
		log({ level: "info", room: "pi", event: "health.listening", url: `http://127.0.0.1:${port}/health` });
		supervisor.ready();
	});
	server.on("error", (error) => {
		log({ level: "error", room: "pi", event: "health.failed", error: errorText(error) });
		process.exit(1);
	});

	const trials = Object.entries(installations).map(([product, { folder }]) => {
		const onError = (error: unknown): void =>
			log({ level: "error", room: "pi", event: "release.trial", product, error: errorText(error) });
		const trial = new ReleaseTrial({
			folder,
			clock: systemClock,
			health: runtime.health,
			onConfirmed: (release) => log({ level: "info", room: "pi", event: "release.confirmed", product, release }),
			onFailed: (missing) => {
				log({ level: "error", room: "pi", event: "release.failed", product, missing });
				process.exit(1);
			},
			onError,
		});
		trial.start().catch(onError);
		return trial;
	});

	let stopping = false;
	const stop = (signal: string): void => {
		// A second signal means: now.
		if (stopping) process.exit(1);
		stopping = true;
		log({ level: "info", room: "pi", event: "stopping", signal });
		supervisor.stopping();
		for (const trial of trials) trial.close();
		systemClock.after(closingMs, () => {
			log({ level: "error", room: "pi", event: "stopped", reason: "work did not end in time" });
			process.exit(1);
		});
		server.close();
		runtime
			.idle()
			.then(() => Promise.all([runtime.close(), watching?.close(), detection?.close()]))
			.then(() => recorder?.close())
			.then(
				() => {
					log({ level: "info", room: "pi", event: "stopped" });
					process.exit(0);
				},
				(error: unknown) => {
					log({ level: "error", room: "pi", event: "stopped", error: errorText(error) });
					process.exit(1);
				},
			);
	};
	process.on("SIGTERM", () => stop("SIGTERM"));
	process.on("SIGINT", () => stop("SIGINT"));
}

/** Begins to record, where that is asked for. A folder that cannot be used costs the video, not the sales. */
async function record(vision: PiConfiguration["vision"], log: Log): Promise<Recorder | undefined> {
	if (vision?.recording === undefined) return undefined;
	const { width, height, framesPerSecond, cameras, recording } = vision;
	try {
		const { Recorder } = await import("../record/recorder.ts");
		return await Recorder.open({
			...recording,
			...{ width, height, framesPerSecond, cameras: cameras.length, clock: monotonicClock },
			onProblem: (problem) => log({ level: "warn", room: "pi", event: "recording.problem", problem }),
		});
	} catch (error) {
		log({ level: "error", room: "pi", event: "recording.absent", error: errorText(error) });
		return undefined;
	}
}

/** Opens the eyes. Without them, or where they cannot be opened, the service decides by weight alone, and says so. */
async function watch(
	vision: PiConfiguration["vision"],
	recorder: Recorder | undefined,
	models: ReleaseFolder,
	log: Log,
): Promise<OpenEyes | undefined> {
	if (vision === undefined) return undefined;
	try {
		const { openEyes } = await import("../events/open-eyes.ts");
		const watching = await openEyes(vision, {
			clock: monotonicClock,
			usualModel: await machineModelPath(models),
			onProblem: (problem) => log({ level: "warn", room: "pi", event: "vision.problem", problem }),
			onFrame: recorder && ((frame) => recorder.frame(frame)),
		});
		log({ level: "info", room: "pi", event: "vision.started", cameras: vision.cameras.length });
		return watching;
	} catch (error) {
		log({ level: "error", room: "pi", event: "vision.absent", error: errorText(error) });
		return undefined;
	}
}

/** Envelopes are sealed end to end, but over `mqtt://` the broker's password is readable on the way. */
function warnOfPlainBroker(url: string, warn: (url: string) => void): void {
	const { protocol, hostname, host } = new URL(url);
	const isLoopback = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
	if (protocol === "mqtt:" && !isLoopback) warn(`mqtt://${host}`);
}
