import { serve } from "@hono/node-server";
import { systemClock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { detectApp } from "../detect/http/detect-app.ts";
import type { DetectServiceConfiguration } from "../detect/http/detect-configuration.ts";
import { startDetector } from "../detect/worker-detector.ts";
import { errorText } from "../error-text.ts";
import { machineModelPath } from "../release/installed-model.ts";
import type { ReleaseFolder } from "../release/release-folder.ts";

/**
 * Looks at pictures that others send, where the configuration says so. A model that cannot be used is told in the log,
 * and the rest of the service goes on. Returns what ends it.
 */
export async function serveDetection(
	configuration: DetectServiceConfiguration | undefined,
	models: ReleaseFolder,
	log: Log,
): Promise<{ close(): Promise<void> } | undefined> {
	if (configuration === undefined) return undefined;
	const { token, host, port, engine } = configuration;
	const onProblem = (problem: string): void => log({ level: "warn", room: "pi", event: "detect.problem", problem });
	try {
		const model = configuration.model ?? (await machineModelPath(models));
		const detector = await startDetector({ model, engine, clock: systemClock, onProblem });
		const app = detectApp({ detector, token, onProblem });
		const server = serve({ fetch: app.fetch, hostname: host, port }, (address) =>
			log({ level: "info", room: "pi", event: "detect.listening", url: `http://${host}:${address.port}/detect` }),
		);
		server.on("error", (error) => log({ level: "error", room: "pi", event: "detect.absent", error: errorText(error) }));
		return {
			async close() {
				server.close();
				await detector.close();
			},
		};
	} catch (error) {
		log({ level: "error", room: "pi", event: "detect.absent", error: errorText(error) });
		return undefined;
	}
}
