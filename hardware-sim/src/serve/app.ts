import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import { commandSchema } from "./command-schema.ts";
import { type LiveStage, tickMs } from "./live-stage.ts";
import { NotPossible } from "./not-possible.ts";
import type { Page } from "./page-files.ts";
import type { CommandAnswer, PageState, PageUpdate } from "./page-state.ts";

const longestCommandBytes = 4_096;

/** What is wrong with a request (RFC 9457). */
const problem = (status: 400 | 403 | 404 | 413 | 415, detail: string) =>
	Response.json({ status, detail }, { status, headers: { "content-type": "application/problem+json" } });

/** The page's server: files, `GET /events` as a stream of {@link PageUpdate}, and `POST /commands`. */
export function createApp(live: LiveStage, page: Page): Hono {
	const app = new Hono();
	app.use(async (context, next) => {
		// Another site that is open in the same browser may send requests here, and may not read the answers.
		const origin = context.req.header("origin");
		const host = context.req.header("host") ?? "";
		if (!isNumericHost(host) || (origin !== undefined && origin !== `http://${host}`))
			return problem(403, "This page answers itself only. Open it at the address that the server printed.");
		await next();
		context.header("content-security-policy", page.contentSecurityPolicy);
		context.header("x-content-type-options", "nosniff");
		context.header("referrer-policy", "no-referrer");
		context.header("cache-control", "no-store");
		return undefined;
	});
	app.get("/events", (context) =>
		streamSSE(context, async (stream) => {
			const unwatch = live.watch();
			stream.onAbort(unwatch);
			try {
				let seen: Sent | undefined;
				while (!stream.aborted && !stream.closed && !live.closed) {
					const changed = live.changed();
					const { update, sent } = updateSince(seen, live);
					seen = sent;
					if (update) await stream.writeSSE({ data: JSON.stringify(update) });
					await changed;
					await stream.sleep(tickMs / 2);
				}
			} finally {
				unwatch();
			}
		}),
	);
	app.post("/commands", async (context) => {
		if (!/^application\/json\b/.test(context.req.header("content-type") ?? ""))
			return problem(415, "Send the command as JSON, with Content-Type: application/json.");
		const text = await context.req.text();
		if (text.length > longestCommandBytes) return problem(413, "No command is that long.");
		const parsed = commandSchema.safeParse(parseJson(text));
		if (!parsed.success) return problem(400, z.prettifyError(parsed.error));
		try {
			await live.perform(parsed.data);
		} catch (error) {
			if (!(error instanceof NotPossible)) throw error;
			// The request was a good one, so this is no error of HTTP's: the world says no.
			return context.json({ done: false, why: error.message } satisfies CommandAnswer);
		}
		return context.json({ done: true } satisfies CommandAnswer);
	});
	app.get("/cameras/:name{[01]\\.jpg}", async (context) => {
		const picture = await live.cameraPicture(context.req.param("name") === "0.jpg" ? 0 : 1);
		if (picture === undefined) return problem(404, "This machine has no cameras.");
		return context.body(Uint8Array.from(picture), 200, { "content-type": "image/jpeg" });
	});
	app.get("*", (context) => {
		const file = page.files.get(context.req.path);
		if (file === undefined) return problem(404, `There is nothing at ${context.req.path}.`);
		return context.body(file.body, 200, { "content-type": file.type });
	});
	return app;
}

/** A name that somebody else's DNS may point here is none of ours. */
function isNumericHost(host: string): boolean {
	return /^(localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host);
}

/** What one page has been told. */
interface Sent {
	readonly generation: number;
	readonly sections: ReadonlyMap<string, string>;
	readonly line: number;
}

function updateSince(seen: Sent | undefined, live: LiveStage): { update: PageUpdate | undefined; sent: Sent } {
	const { state, generation } = live;
	const fresh = seen?.generation !== generation;
	const sections = new Map<string, string>();
	const changed: Partial<Record<keyof PageState, unknown>> = {};
	for (const key of Object.keys(state) as (keyof PageState)[]) {
		const text = JSON.stringify(state[key]);
		sections.set(key, text);
		if (fresh || seen?.sections.get(key) !== text) changed[key] = state[key];
	}
	const lines = live.linesAfter(seen?.line ?? 0);
	const sent = { generation, sections, line: lines.at(-1)?.number ?? seen?.line ?? 0 };
	const isNews = fresh || lines.length > 0 || Object.keys(changed).length > 0;
	return { update: isNews ? { fresh, state: changed as Partial<PageState>, lines } : undefined, sent };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		// What is no JSON is refused like any other wrong command.
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}
