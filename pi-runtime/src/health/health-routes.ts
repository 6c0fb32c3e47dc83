import type { HealthBody } from "@visionvend/sdk/protocol/messages";
import { Hono } from "hono";
import { errorText } from "../error-text.ts";
import type { ControllerLink } from "../link/controller-link.ts";
import type { ServiceContext } from "../service-context.ts";
import { version } from "../version.ts";
import type { Health, HostHealth, RecordingHealth, VisionHealth } from "./health.ts";
import { leastDiskFree } from "./host-health.ts";
import { metricsText } from "./metrics-text.ts";

/** What the parts of the service tell about themselves. */
export interface HealthSources {
	/** The controller's newest health message. */
	readonly controller: () => HealthBody | undefined;
	readonly vision: () => VisionHealth;
	readonly recording: () => RecordingHealth;
	readonly host: () => Promise<HostHealth>;
}

/**
 * The HTTP side of the service: `GET /health` and Prometheus' `GET /metrics`. Both always answer 200 while the process works:
 * a supervisor must not restart it for an outage elsewhere.
 */
export function healthRoutes(
	context: ServiceContext,
	link: ControllerLink,
	sources: HealthSources,
): { readonly app: Hono; read(): Promise<Health> } {
	const startedAtMs = context.clock.now();
	const read = async (): Promise<Health> => {
		const [store, host] = await Promise.all([storeHealth(context), sources.host()]);
		const parts = {
			scales: scalesHealth(sources.controller()),
			vision: sources.vision(),
			recording: sources.recording(),
		};
		const isWell =
			link.up &&
			context.broker.connected &&
			store.status === "ok" &&
			parts.scales.status !== "failing" &&
			(parts.vision.status === "up" || parts.vision.status === "off") &&
			parts.recording.status !== "failing" &&
			(host.diskFree ?? 1) >= leastDiskFree;
		return {
			status: isWell ? "healthy" : "degraded",
			link: { status: link.up ? "up" : "down", pending: link.pending, ...link.statistics },
			broker: { status: context.broker.connected ? "up" : "down" },
			store,
			lock: sources.controller()?.phase ?? "unknown",
			...parts,
			host,
			version,
			uptimeMs: context.clock.now() - startedAtMs,
		};
	};
	const app = new Hono();
	app.get("/health", async (response) => response.json(await read(), 200, { "cache-control": "no-store" }));
	app.get("/metrics", async (response) => {
		const { text, contentType } = await metricsText(await read());
		return response.body(text, 200, { "content-type": contentType });
	});
	return { app, read };
}

function scalesHealth(told: HealthBody | undefined): Health["scales"] {
	if (told === undefined) return { status: "unknown" };
	const isFailing = told.faults.some((fault) => fault.startsWith("scale"));
	return { status: isFailing ? "failing" : "up", massesMilligrams: told.massesMilligrams };
}

async function storeHealth({ store, retrier }: ServiceContext): Promise<Health["store"]> {
	try {
		const counts = await store.counts();
		return {
			status: retrier.failing === 0 ? "ok" : "failing",
			pending: counts.unacknowledged + counts.messages,
			...counts,
		};
	} catch (error) {
		return { status: "failing", error: errorText(error) };
	}
}
