import { basketDecisionSchema } from "@visionvend/sdk/basket/basket-decision";
import type { ReportBody } from "@visionvend/sdk/protocol/messages";
import { backoffMs } from "../backoff.ts";
import { errorText } from "../error-text.ts";
import { sealForCloud } from "../seal-for-cloud.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredReport } from "../store/store.ts";

/** How long the cloud may take to read a report before it counts as old. It is sealed anew for each sending. */
const lifetimeSeconds = 300;

interface Waiting {
	sendings: number;
	dueAtMs: number;
}

/** Sends decided reports to the cloud, again and again until each is acknowledged. One at a time, oldest first. */
export class ReportSender {
	readonly #context: ServiceContext;
	readonly #waiting = new Map<string, Waiting>();
	#sending = false;
	#sequence = 0;
	#cancelTimer: (() => void) | undefined;

	constructor(context: ServiceContext) {
		this.#context = context;
	}

	/** Sends the report now, and later again. */
	add(reportId: string): void {
		if (this.#waiting.has(reportId)) return;
		this.#waiting.set(reportId, { sendings: 0, dueAtMs: this.#context.clock.now() });
		this.#sendDue();
	}

	/** The cloud has it. */
	remove(reportId: string): void {
		this.#waiting.delete(reportId);
	}

	/** The broker is back: everything is due at once. */
	resendAll(): void {
		for (const waiting of this.#waiting.values()) {
			waiting.sendings = 0;
			waiting.dueAtMs = this.#context.clock.now();
		}
		this.#sendDue();
	}

	close(): void {
		this.#cancelTimer?.();
	}

	#sendDue(): void {
		const { broker, clock, tracker, closed } = this.#context;
		// Without a connection there is nothing to wait for but `resendAll`.
		if (closed() || this.#sending || !broker.connected) return;
		this.#cancelTimer?.();
		const [next] = [...this.#waiting].sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs);
		if (next === undefined) return;
		const [reportId, waiting] = next;
		const waitMs = waiting.dueAtMs - clock.now();
		if (waitMs > 0) {
			this.#cancelTimer = clock.after(waitMs, () => this.#sendDue());
			return;
		}
		this.#sending = true;
		tracker.run(
			() => this.#send(reportId),
			(error) => this.#sent(reportId, undefined, error),
		);
	}

	async #send(reportId: string): Promise<void> {
		const { broker, store, topics } = this.#context;
		const report = await store.report(reportId);
		if (report === undefined) {
			this.#waiting.delete(reportId);
			this.#sent(reportId, undefined, undefined);
			return;
		}
		const token = await this.#seal(report);
		// Not awaited here: the broker's answer takes time, and a task of the tracker must end while the clock stands.
		broker.publish(topics.report, token).then(
			() => this.#sent(reportId, report, undefined),
			(error: unknown) => this.#sent(reportId, report, error),
		);
	}

	#sent(reportId: string, report: StoredReport | undefined, error: unknown): void {
		const { clock, tell, closed } = this.#context;
		if (closed()) return;
		this.#sending = false;
		const waiting = this.#waiting.get(reportId);
		if (waiting !== undefined) {
			waiting.sendings += 1;
			waiting.dueAtMs = clock.now() + backoffMs(waiting.sendings);
		}
		if (error !== undefined) {
			tell("warn", "report.unsent", { reportId, saleId: report?.saleId, error: errorText(error) });
		} else if (report !== undefined) {
			tell("info", "report.sent", { reportId, saleId: report.saleId, sending: waiting?.sendings ?? 1 });
		}
		this.#sendDue();
	}

	#seal({ reportId, saleId, sealed, decision }: StoredReport): Promise<string> {
		if (decision === undefined) throw new Error(`Report ${reportId} is to be sent before it is decided`);
		const body: ReportBody = {
			reportId,
			saleId,
			report: sealed,
			decision: basketDecisionSchema.parse(JSON.parse(decision)),
		};
		this.#sequence += 1;
		return sealForCloud(this.#context, {
			topic: this.#context.topics.report,
			seq: this.#sequence,
			body,
			lifetimeSeconds,
		});
	}
}
