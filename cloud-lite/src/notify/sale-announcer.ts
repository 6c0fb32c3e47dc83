import type { Clock } from "@visionvend/sdk/clock";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { DueWork } from "../outbox/due-work.ts";
import { deliverLater } from "./delivery.ts";
import type { PushSubscriptions } from "./push-subscription.ts";
import { eventStatements, type WebhookEndpoint, type WebhookEndpoints } from "./webhook-endpoint.ts";

/** What a webhook can be told of. */
export const eventTypes = [
	"sale.authorised",
	"sale.opened",
	"sale.closed",
	"sale.captured",
	"sale.cancelled",
	"sale.review",
	"alarm.opened",
	"alarm.acknowledged",
	"alarm.resolved",
	"sale.*",
	"alarm.*",
] as const;

/** Lines of a sale's history that outsiders are told, and how the event is called there. */
export const announced: Readonly<Record<string, (typeof eventTypes)[number]>> = Object.freeze({
	authorised: "sale.authorised",
	open: "sale.opened",
	closed: "sale.closed",
	captured: "sale.captured",
	cancelled: "sale.cancelled",
	review: "sale.review",
});

// What happens together is told together; nobody waits for a webhook.
const gatherMs = 250;
const mostAtOnce = 200;

const positionSchema = z.object({ position: z.int() });
const eventSchema = z.object({
	id: z.int(),
	event: z.string(),
	at_ms: z.int(),
	sale_id: z.string(),
	tenant_id: z.string(),
	machine_id: z.string(),
	shopper_id: z.string().nullable(),
	currency: z.string(),
	held_cents: z.int(),
	captured_cents: z.int(),
	cause: z.string().nullable(),
});
type Event = z.infer<typeof eventSchema>;

/** What a shopper's browser shows once a sale has ended. */
export interface PushReceipt {
	readonly type: "receipt";
	readonly saleId: string;
	readonly outcome: "charged" | "not_charged" | "review";
	readonly amountCents: number;
	readonly currency: string;
}

/**
 * Tells webhooks and shoppers' browsers what became of sales. It reads the sales' history, which only grows, behind the
 * position that it remembers; position and deliveries are one commit, so each line is told once, by one of the instances.
 */
export class SaleAnnouncer {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #endpoints: WebhookEndpoints;
	readonly #subscriptions: PushSubscriptions;
	readonly #onDelivery: () => void;
	readonly #work: DueWork;
	#waiting = false;
	#cancel: (() => void) | undefined;

	constructor(options: {
		database: Database;
		clock: Clock;
		endpoints: WebhookEndpoints;
		subscriptions: PushSubscriptions;
		/** Something may wait to be delivered. */
		onDelivery: () => void;
		tracker: TaskTracker;
		onError: (error: unknown) => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#endpoints = options.endpoints;
		this.#subscriptions = options.subscriptions;
		this.#onDelivery = options.onDelivery;
		this.#work = new DueWork({ ...options, work: () => this.#announce() });
	}

	/** Something may have happened. */
	kick(): void {
		if (this.#waiting) return;
		this.#waiting = true;
		this.#cancel = this.#clock.after(gatherMs, () => {
			this.#waiting = false;
			this.#work.kick();
		});
	}

	close(): void {
		this.#cancel?.();
		this.#work.close();
	}

	async #announce(): Promise<number | undefined> {
		const [row] = await this.#database.read("SELECT position FROM announced WHERE source = 'sale_event'");
		const { position } = positionSchema.parse(row);
		const rows = await this.#database.read(
			`SELECT sale_event.id, event, at_ms, sale_id, tenant_id, machine_id, shopper_id, currency, held_cents,
					captured_cents, cause
				FROM sale_event JOIN sale ON sale.id = sale_id WHERE sale_event.id > ? ORDER BY sale_event.id LIMIT ?`,
			[position, mostAtOnce],
		);
		const last = rows.at(-1);
		if (last === undefined) return undefined;
		const statements: Statement[] = [];
		const endpoints = new Map<string, WebhookEndpoint[]>();
		for (const each of rows) {
			const event = eventSchema.parse(each);
			const type = announced[event.event];
			if (type === undefined) continue;
			const known = endpoints.get(event.tenant_id) ?? (await this.#endpoints.list(event.tenant_id));
			endpoints.set(event.tenant_id, known);
			statements.push(...(await this.#statementsOf(event, type, known)));
		}
		try {
			await this.#database.write([
				{
					sql: "UPDATE announced SET position = ? WHERE source = 'sale_event' AND position = ?",
					args: [eventSchema.parse(last).id, position],
				},
				mustHaveChanged(`the history of sales is told up to line ${position}`),
				...statements,
			]);
		} catch (error) {
			// Another instance has told it.
			if (!(error instanceof GuardFailed)) throw error;
		}
		if (statements.length > 0) this.#onDelivery();
		return rows.length === mostAtOnce ? this.#clock.now() : undefined;
	}

	async #statementsOf(event: Event, type: string, endpoints: readonly WebhookEndpoint[]): Promise<Statement[]> {
		const data = {
			saleId: event.sale_id,
			machineId: event.machine_id,
			currency: event.currency,
			heldCents: event.held_cents,
			capturedCents: event.captured_cents,
			cause: event.cause,
		};
		const id = `evt-${event.id}`;
		return [
			...eventStatements(endpoints, { id, type, atMs: event.at_ms, data }, this.#clock.now()),
			...(await this.#receipts(event, id)),
		];
	}

	async #receipts(event: Event, id: string): Promise<Statement[]> {
		const outcome = outcomeOf(event);
		if (outcome === undefined || event.shopper_id === null) return [];
		const payload: PushReceipt = {
			type: "receipt",
			saleId: event.sale_id,
			outcome,
			amountCents: outcome === "charged" ? event.captured_cents : 0,
			currency: event.currency,
		};
		const browsers = await this.#subscriptions.of(event.tenant_id, event.shopper_id);
		return browsers.map((browser) =>
			deliverLater(
				{
					tenantId: event.tenant_id,
					kind: "push",
					destinationId: browser.id,
					messageId: id,
					subject: `receipt of sale ${event.sale_id}`,
					payload,
				},
				this.#clock.now(),
			),
		);
	}
}

/** A sale that held nothing has nothing to tell: the shopper saw the refusal. */
function outcomeOf({ event, held_cents }: Event): PushReceipt["outcome"] | undefined {
	if (event === "captured") return "charged";
	if (event === "cancelled" && held_cents > 0) return "not_charged";
	return event === "review" ? "review" : undefined;
}
