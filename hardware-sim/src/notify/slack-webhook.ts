import { Hono } from "hono";
import { z } from "zod";

const text = z.object({ type: z.enum(["plain_text", "mrkdwn"]), text: z.string().min(1).max(2_000) });
const sectionSchema = z.strictObject({ type: z.literal("section"), fields: z.array(text).min(1).max(10) });
const messageSchema = z.strictObject({
	text: z.string().min(1).max(40_000),
	attachments: z.array(z.strictObject({ color: z.string(), blocks: z.array(sectionSchema).max(50) })).max(100),
});
export type SlackMessage = z.infer<typeof messageSchema>;

/**
 * Slack's end of incoming webhooks, with its documented answers.
 * Source: docs.slack.dev, "Sending messages using incoming webhooks", "Handling errors"; Block Kit reference.
 */
export class SlackWebhook {
	/** What stands in the channel, oldest first. */
	readonly messages: SlackMessage[] = [];
	/** An answer in place of the work. */
	refuse: { readonly status: 403 | 404 | 410 | 429 | 500; readonly body: string } | undefined;
	readonly app = new Hono();

	constructor(path = "/services/T0/B0/secret") {
		this.app.post("/services/*", async (context) => {
			if (context.req.path !== path) return context.text("no_service", 404);
			const { refuse } = this;
			if (refuse !== undefined) {
				if (refuse.status === 429) context.header("retry-after", "30");
				return context.text(refuse.body, refuse.status);
			}
			if (!context.req.header("content-type")?.startsWith("application/json"))
				return context.text("invalid_payload", 400);
			const message = messageSchema.safeParse(await context.req.json());
			if (!message.success) return context.text("invalid_payload", 400);
			this.messages.push(message.data);
			return context.text("ok");
		});
	}
}
