import { Hono } from "hono";
import { z } from "zod";

const eventSchema = z.strictObject({
	routing_key: z.string().length(32),
	event_action: z.enum(["trigger", "acknowledge", "resolve"]),
	dedup_key: z.string().max(255).optional(),
	client: z.string().optional(),
	payload: z
		.strictObject({
			summary: z.string().min(1).max(1_024),
			source: z.string().min(1),
			severity: z.enum(["critical", "error", "warning", "info"]),
			timestamp: z.iso.datetime().optional(),
			component: z.string().optional(),
			group: z.string().optional(),
			class: z.string().optional(),
			custom_details: z.record(z.string(), z.unknown()).optional(),
		})
		.optional(),
});

/** An incident as its responders see it. */
export interface Incident {
	state: "triggered" | "acknowledged" | "resolved";
	readonly summary: string;
	readonly severity: string;
	/** Events that found it, the first included. */
	events: number;
}

/**
 * PagerDuty's Events API v2 with its deduplication: events of one key belong to one incident until it is resolved.
 * Source: developer.pagerduty.com, "Events API v2: send an alert event".
 */
export class PagerDutyEvents {
	/** By deduplication key. */
	readonly incidents = new Map<string, Incident>();
	readonly app = new Hono();

	constructor(routingKey: string) {
		this.app.post("/v2/enqueue", async (context) => {
			const invalid = (...errors: string[]) =>
				context.json({ status: "invalid event", message: "Event object is invalid", errors }, 400);
			const event = eventSchema.safeParse(await context.req.json());
			if (!event.success) return invalid(...event.error.issues.map(({ message }) => message));
			const { routing_key, event_action, dedup_key, payload } = event.data;
			if (routing_key !== routingKey) return invalid("Invalid routing key");
			if (event_action === "trigger" && payload === undefined) return invalid("'payload' is missing or blank");
			if (event_action !== "trigger" && dedup_key === undefined) return invalid("'dedup_key' is missing or blank");
			const key = dedup_key ?? `generated-${this.incidents.size}`;
			const incident = this.incidents.get(key);
			if (payload !== undefined && (incident === undefined || incident.state === "resolved")) {
				const { summary, severity } = payload;
				this.incidents.set(key, { state: "triggered", summary, severity, events: 1 });
			} else if (incident !== undefined && incident.state !== "resolved") {
				incident.events += 1;
				if (event_action === "acknowledge") incident.state = "acknowledged";
				if (event_action === "resolve") incident.state = "resolved";
			}
			return context.json({ status: "success", message: "Event processed", dedup_key: key }, 202);
		});
	}
}
