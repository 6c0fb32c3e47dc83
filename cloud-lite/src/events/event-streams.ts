import type { Clock } from "@visionvend/sdk/clock";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { Problem } from "../http/problem.ts";
import { type EventFeed, type FeedPart, type Position, positionText } from "./event-feed.ts";

/** How often it is looked for what is new, and whether the listener may still listen. */
const lookEveryMs = 1_000;
/** Proxies end connections that say nothing; most wait a minute. */
const heartbeatMs = 15_000;
/** How long a browser waits before it comes again. */
const retryMs = 2_000;
const mostPerTenant = 50;

/** Who listens, where they stand, and what rejects once they may listen no more. */
interface Listener {
	readonly tenantId: string;
	/** `undefined`: they want what happens from now on. */
	readonly position: Position | undefined;
	readonly admit: () => Promise<void>;
}

/** The streams of server-sent events that are open in this process. */
export class EventStreams {
	readonly #feed: EventFeed;
	readonly #clock: Clock;
	readonly #tracker: TaskTracker;
	readonly #onError: (error: unknown) => void;
	/** What ends the wait of each open stream, by tenant. */
	readonly #open = new Map<string, Set<() => void>>();
	#isClosed = false;

	constructor(options: {
		feed: EventFeed;
		clock: Clock;
		tracker: TaskTracker;
		onError: (error: unknown) => void;
	}) {
		this.#feed = options.feed;
		this.#clock = options.clock;
		this.#tracker = options.tracker;
		this.#onError = options.onError;
	}

	/**
	 * Answers with a stream that ends when the client leaves, when it may listen no more, or at `close`.
	 * @throws Problem 429 when the tenant has too many streams open
	 */
	open(context: Context, listener: Listener): Response {
		const streams = this.#open.get(listener.tenantId) ?? new Set();
		if (streams.size >= mostPerTenant) {
			const detail = `Your tenant has ${mostPerTenant} streams open; close one.`;
			throw new Problem(429, "too_many_streams", detail, {}, { "retry-after": "10" });
		}
		// Asks nginx to pass on at once what comes.
		context.header("x-accel-buffering", "no");
		return streamSSE(context, async (stream) => {
			let wake = (): void => undefined;
			const leave = (): void => wake();
			const wait = (): Promise<void> =>
				new Promise((resolve) => {
					const cancel = this.#clock.after(lookEveryMs, resolve);
					wake = () => {
						cancel();
						resolve();
					};
				});
			stream.onAbort(leave);
			this.#open.set(listener.tenantId, streams.add(leave));
			try {
				await this.#tell(stream, listener, wait);
			} catch (error) {
				if (!(error instanceof Problem)) this.#onError(error);
			} finally {
				streams.delete(leave);
				if (streams.size === 0) this.#open.delete(listener.tenantId);
			}
		});
	}

	/** Ends every stream. Browsers come again, to another instance or to the next life of this one. */
	close(): void {
		this.#isClosed = true;
		for (const streams of this.#open.values()) for (const leave of streams) leave();
	}

	async #tell(stream: SSEStreamingApi, listener: Listener, wait: () => Promise<void>): Promise<void> {
		let position = listener.position ?? (await this.#tracked(() => this.#feed.newest()));
		let silentSinceMs = this.#clock.now();
		await stream.writeSSE({ event: "ready", data: "{}", id: positionText(position), retry: retryMs });
		while (!stream.aborted && !this.#isClosed) {
			const part = await this.#tracked(() => this.#look(listener, position));
			position = part.position;
			if (part.isTorn) await stream.writeSSE({ event: "gap", data: "{}", id: positionText(position) });
			for (const { type, atMs, data, position: at } of part.events) {
				const text = JSON.stringify({ type, at: new Date(atMs).toISOString(), data });
				await stream.writeSSE({ event: type, data: text, id: positionText(at) });
			}
			const nowMs = this.#clock.now();
			if (part.events.length > 0) silentSinceMs = nowMs;
			if (nowMs - silentSinceMs >= heartbeatMs) {
				silentSinceMs = nowMs;
				await stream.write(": nothing new\n\n");
			}
			if (!part.hasMore) await wait();
		}
	}

	async #look({ tenantId, admit }: Listener, position: Position): Promise<FeedPart> {
		await admit();
		return this.#feed.after(tenantId, position);
	}

	/** The service waits for it before it closes its database. */
	#tracked<Result>(task: () => Promise<Result>): Promise<Result> {
		return new Promise((resolve, reject) => {
			this.#tracker.run(async () => resolve(await task()), reject);
		});
	}
}
