import { Hono } from "hono";
import { errorText } from "./error-text.ts";
import type { ControllerLink } from "./link/controller-link.ts";
import type { ServiceContext } from "./service-context.ts";
import type { StoreCounts } from "./store/store.ts";
import { version } from "./version.ts";

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
	readonly version: string;
	readonly uptimeMs: number;
}

/** The HTTP side of the service. It always answers 200 while the process works: a supervisor must not restart it for an outage elsewhere. */
export function healthApp(context: ServiceContext, link: ControllerLink): Hono {
	const startedAtMs = context.clock.now();
	const app = new Hono();
	app.get("/health", async (response) => {
		const store = await storeHealth(context);
		const health: Health = {
			status: link.up && context.broker.connected && store.status === "ok" ? "healthy" : "degraded",
			link: { status: link.up ? "up" : "down", pending: link.pending, ...link.statistics },
			broker: { status: context.broker.connected ? "up" : "down" },
			store,
			version,
			uptimeMs: context.clock.now() - startedAtMs,
		};
		return response.json(health, 200, { "cache-control": "no-store" });
	});
	return app;
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
