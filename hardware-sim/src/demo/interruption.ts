import { constants } from "node:os";

/** A terminal and npm both pass Ctrl-C on: what comes within this time is the same wish. */
const sameWishMs = 1_000;

/**
 * Aborts when somebody wants the program to end: Ctrl-C, a supervisor, a terminal that closes, or a reader of the
 * output that has seen enough (`| head`). The reason is the exit code that shells give to such an end. Who asks again
 * does not want to wait for an end in good order: the process exits.
 */
export function interruption(): AbortSignal {
	const controller = new AbortController();
	let firstAtMs = Number.POSITIVE_INFINITY;
	const end = (signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGPIPE") => {
		const exitCode = 128 + constants.signals[signal];
		if (performance.now() - firstAtMs > sameWishMs && signal !== "SIGPIPE") process.exit(exitCode);
		firstAtMs = Math.min(firstAtMs, performance.now());
		controller.abort(exitCode);
	};
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		end("SIGPIPE");
	});
	return controller.signal;
}

/** Resolves with the exit code when the signal aborts. */
export function interrupted(signal: AbortSignal): Promise<number> {
	return new Promise((resolve) => {
		const tell = () => resolve(Number(signal.reason));
		if (signal.aborted) tell();
		else signal.addEventListener("abort", tell, { once: true });
	});
}
